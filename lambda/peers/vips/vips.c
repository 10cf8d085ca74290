// vips is the peer that Debian has: libvips as a program that links it would
// use it. Without arguments it serves jobs (see worker.go); with
//
//	vips decode PHOTO PNG                writes all pixels of a photo
//	vips enlarge PHOTO WIDTH HEIGHT JPEG writes it larger, as a progressive JPEG
//
// it makes what the comparison needs besides.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <vips/vips.h>

// job is one line of standard input, up to what only WebPs, AVIFs and looks have, which it does not make.
// A height of 0 is free.
typedef struct {
	char source[4096], preview[4096];
	int width, height;
	char fit[16], format[16];
	int quality, repeat;
} job;

static long long user_microseconds(void) {
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec;
}

// render makes one preview of a photo. The caller frees it.
static int render(const job *j, const void *photo, size_t length, void **preview, size_t *size) {
	VipsImage *small = NULL;
	// Without a height libvips takes the width for it; this leaves it free.
	int height = j->height ? j->height : VIPS_MAX_COORD;
	int cover = strcmp(j->fit, "cover") == 0;
	if (vips_thumbnail_buffer((void *)photo, length, &small, j->width, "height", height,
			"crop", cover ? VIPS_INTERESTING_CENTRE : VIPS_INTERESTING_NONE, NULL))
		return -1;
	int failed;
	if (strcmp(j->format, "png") == 0) {
		failed = vips_pngsave_buffer(small, preview, size, "strip", TRUE, NULL);
	} else {
		VipsArrayDouble *white = vips_array_double_newv(3, 255.0, 255.0, 255.0);
		failed = vips_jpegsave_buffer(small, preview, size, "Q", j->quality, "strip", TRUE, "background", white, NULL);
		vips_area_unref(VIPS_AREA(white));
	}
	g_object_unref(small);
	return failed;
}

// run does one job and answers it. The photo is in memory before the clock
// starts, and the preview is written after it has stopped.
static int run(const job *j) {
	gchar *photo = NULL;
	gsize length = 0;
	GError *error = NULL;
	if (!g_file_get_contents(j->source, &photo, &length, &error)) {
		vips_error("read", "%s", error->message);
		g_error_free(error);
		return -1;
	}
	void *preview = NULL;
	size_t size = 0;
	int failed = 0;
	long long start = user_microseconds();
	for (int i = 0; i < j->repeat && !failed; i++) {
		g_free(preview);
		preview = NULL;
		failed = render(j, photo, length, &preview, &size);
	}
	long long took = user_microseconds() - start;
	if (!failed && !g_file_set_contents(j->preview, preview, size, &error)) {
		vips_error("write", "%s", error->message);
		g_error_free(error);
		failed = -1;
	}
	g_free(preview);
	g_free(photo);
	if (!failed)
		printf("done\t%lld\n", took);
	return failed;
}

static void serve(void) {
	printf("libvips %d.%d.%d\n", vips_version(0), vips_version(1), vips_version(2));
	fflush(stdout);
	char line[10000];
	while (fgets(line, sizeof line, stdin)) {
		job j;
		if (sscanf(line, "%4095[^\t]\t%4095[^\t]\t%d\t%d\t%15s\t%15s\t%d\t%d", j.source, j.preview,
				&j.width, &j.height, j.fit, j.format, &j.quality, &j.repeat) != 8)
			vips_error_exit("not a job: %s", line);
		if (run(&j)) {
			char *reason = vips_error_buffer_copy(); // which clears it
			printf("failed\t%s\n", g_strdelimit(reason, "\n", ' '));
			g_free(reason);
		}
		fflush(stdout);
	}
}

// decode writes all pixels of a photo as a PNG that is quickly read again.
static int decode(const char *photo, const char *png) {
	VipsImage *image = vips_image_new_from_file(photo, NULL);
	return !image || vips_pngsave(image, png, "compression", 0, "strip", TRUE, NULL);
}

// enlarge writes a photo at another size as a progressive 4:2:0 JPEG. Quality
// 90 and above would make libvips keep all of the chroma.
static int enlarge(const char *photo, int width, int height, const char *jpeg) {
	VipsImage *image = vips_image_new_from_file(photo, NULL), *large = NULL;
	return !image ||
		vips_resize(image, &large, (double)width / image->Xsize, "vscale", (double)height / image->Ysize, NULL) ||
		vips_jpegsave(large, jpeg, "Q", 89, "interlace", TRUE, "strip", TRUE, NULL);
}

int main(int argc, char **argv) {
	if (VIPS_INIT(argv[0]))
		vips_error_exit(NULL);
	vips_concurrency_set(1);
	vips_cache_set_max(0); // the same job twice is to be done twice
	int failed = 0;
	if (argc == 4 && strcmp(argv[1], "decode") == 0)
		failed = decode(argv[2], argv[3]);
	else if (argc == 6 && strcmp(argv[1], "enlarge") == 0)
		failed = enlarge(argv[2], atoi(argv[3]), atoi(argv[4]), argv[5]);
	else
		serve();
	if (failed)
		vips_error_exit(NULL);
	return 0;
}
