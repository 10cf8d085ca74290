package store

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// List yields the objects whose keys begin with prefix, in the order of their
// keys' bytes. It asks for pages of at most 1,000 and ends with the first error.
func (b Bucket) List(ctx context.Context, prefix string) iter.Seq2[types.Object, error] {
	return b.ListAfter(ctx, prefix, "")
}

// ListAfter is List from the first key on that comes after another one.
func (b Bucket) ListAfter(ctx context.Context, prefix, after string) iter.Seq2[types.Object, error] {
	return func(yield func(types.Object, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{
			Bucket: &b.Name, Prefix: &prefix, StartAfter: given(after),
			EncodingType: types.EncodingTypeUrl, // XML has no control characters, and a key may
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(types.Object{}, err)
				return
			}
			for _, object := range page.Contents {
				if page.EncodingType == types.EncodingTypeUrl {
					key, err := url.QueryUnescape(aws.ToString(object.Key))
					if err != nil {
						yield(types.Object{}, fmt.Errorf("key %q of a listing: %w", aws.ToString(object.Key), err))
						return
					}
					object.Key = &key
				}
				if !yield(object, nil) {
					return
				}
			}
		}
	}
}

// Folders lists the folders right below a prefix that ends in a slash, or below the root of
// the bucket if it is empty: the next segments of the keys, without their slashes.
func (b Bucket) Folders(ctx context.Context, prefix string) (folders []string, err error) {
	pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: &prefix, Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, folder := range page.CommonPrefixes {
			folders = append(folders, strings.TrimSuffix(strings.TrimPrefix(aws.ToString(folder.Prefix), prefix), "/"))
		}
	}
	return folders, nil
}
