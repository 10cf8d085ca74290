// look.mjs does a look of ../look by sharp.
import sharp from 'sharp';

// looked does sharp's methods, each with its arguments, to a photo that is being shrunk to fit
// into a box. A text that is an SVG is drawn as large as the preview, and mark is the file of a
// watermark, which is put where prew puts one.
export async function looked(image, does, photo, box) {
  const drawn = JSON.stringify(does ?? []);
  let size;
  if (drawn.includes('<svg') || drawn.includes('"mark"')) {
    const { width, height } = await photo.metadata();
    const scale = Math.min(1, box.width / width, box.height / height);
    size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  }
  for (const [method, ...args] of JSON.parse(drawn, (_, value) => overlay(value, size))) {
    image = image[method](...await Promise.all(args.map(async (arg) => (Array.isArray(arg) ? Promise.all(arg) : arg))));
  }
  return image;
}

function overlay(value, size) {
  if (typeof value === 'string' && value.startsWith('<svg')) {
    return Buffer.from(value.replace('<svg', `<svg width="${size.width}" height="${size.height}"`));
  }
  return value?.mark ? marked(value.mark, size) : value;
}

// marked is a fifth as wide as the preview, and 3 % of that away from its right and its bottom.
async function marked(file, size) {
  const even = (n) => 2 * Math.ceil(n / 2);
  const margin = Math.round(size.width * 0.03);
  const { width, height } = await sharp(file).metadata();
  const fifth = Math.round(size.width / 5);
  const mark = { width: even(fifth), height: even(Math.round((height * fifth) / width)) };
  const input = await sharp(file).resize({ ...mark, fit: 'fill' }).png({ compressionLevel: 0 }).toBuffer();
  const at = (side) => 2 * Math.floor((size[side] - mark[side] - margin) / 2);
  return { input, left: at('width'), top: at('height') };
}
