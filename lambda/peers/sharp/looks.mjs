// looks.mjs renders pictures by sharp for make looks: a line of JSON in for each
// (source, preview, width, height, fit, position, does), a line of JSON out (what sharp says
// of the photo, and the preview's size or the reason why there is none). Of what moves there
// is a format too (see moves).
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import { looked } from './look.mjs';

sharp.cache(false);

// failOn: 'none' takes what a decoder makes of a damaged file, because damage that
// costs no pixel is to be compared. fastShrinkOnLoad is off because with it libvips
// shifts some photos by up to 0.4 pixels.
async function answer({ source, preview, width, height, fit, position, does }) {
  const about = {};
  try {
    const open = () => sharp(source, { failOn: 'none' });
    const { format, space, depth, icc, orientation } = await open().metadata();
    Object.assign(about, { format, space, depth, orientation, profile: icc !== undefined });
    const small = open().autoOrient()
      .resize(width, height, { fit, position: position ?? 'centre', background: '#e9c46a', withoutEnlargement: fit === 'inside', kernel: 'lanczos3', fastShrinkOnLoad: false });
    const made = await (await looked(small, does, open(), { width, height }))
      .png({ compressionLevel: 1 }).toFile(preview);
    return { ...about, width: made.width, height: made.height };
  } catch (error) {
    return { ...about, refused: error.message.split('\n')[0] };
  }
}

// moves makes a preview that moves in a format, webp or gif, and of it, of the file ours and
// of the frames before they are encoded a PNG each, in which all frames stand below one
// another: preview.sharp.png, preview.ours.png and preview.plain.png.
async function moves({ source, ours, preview, width, height, format }) {
  try {
    const small = () => sharp(source, { animated: true }).resize(width, height, { fit: 'inside', withoutEnlargement: true });
    await small().png({ compressionLevel: 1 }).toFile(`${preview}.plain.png`);
    const made = await small().toFormat(format, format === 'webp' ? { quality: 80 } : {}).toBuffer();
    await writeFile(`${preview}.${format}`, made);
    return { sharp: await frames(made, `${preview}.sharp.png`), ours: await frames(await readFile(ours), `${preview}.ours.png`) };
  } catch (error) {
    return { refused: error.message.split('\n')[0] };
  }
}

async function frames(file, png) {
  await sharp(file, { animated: true }).png({ compressionLevel: 1 }).toFile(png);
  const { pages, pageHeight, width, height, delay, loop } = await sharp(file, { animated: true }).metadata();
  return { frames: pages ?? 1, width, height: pageHeight ?? height, delays: delay ?? [], loops: loop ?? 1, bytes: file.length };
}

console.log(JSON.stringify({ name: `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}` }));
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  console.log(JSON.stringify(await (job.format ? moves(job) : answer(job))));
}
