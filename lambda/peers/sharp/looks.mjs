// looks.mjs renders pictures by sharp for make looks: a line of JSON in for each
// (source, preview, width, height, fit, does), a line of JSON out (what sharp says of the
// photo, and the preview's size or the reason why there is none).
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import { looked } from './look.mjs';

sharp.cache(false);

// failOn: 'none' takes what a decoder makes of a damaged file, because damage that
// costs no pixel is to be compared. fastShrinkOnLoad is off because with it libvips
// shifts some photos by up to 0.4 pixels.
async function answer({ source, preview, width, height, fit, does }) {
  const about = {};
  try {
    const open = () => sharp(source, { failOn: 'none' });
    const { format, space, depth, icc, orientation } = await open().metadata();
    Object.assign(about, { format, space, depth, orientation, profile: icc !== undefined });
    const small = open().autoOrient()
      .resize(width, height, { fit, background: '#e9c46a', withoutEnlargement: fit === 'inside', kernel: 'lanczos3', fastShrinkOnLoad: false });
    const made = await (await looked(small, does, open(), { width, height }))
      .png({ compressionLevel: 1 }).toFile(preview);
    return { ...about, width: made.width, height: made.height };
  } catch (error) {
    return { ...about, refused: error.message.split('\n')[0] };
  }
}

console.log(JSON.stringify({ name: `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}` }));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
