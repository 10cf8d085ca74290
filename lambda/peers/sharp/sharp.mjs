// sharp.mjs is the peer that npm has: sharp, with the libvips it ships. It
// serves jobs (see worker.go).
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import { looked } from './look.mjs';

sharp.concurrency(1);
sharp.cache(false); // the same job twice is to be done twice

// render makes one preview of a photo. Nobody else here applies profiles, so
// sharp is told not to.
async function render(job, photo) {
  const { asked } = job;
  const small = await looked(sharp(photo, { ignoreIcc: true, animated: asked.Animated ?? false })
    .resize(job.width, job.height || null, { fit: asked.Fit, position: asked.Position || 'centre', background: '#e9c46a' }),
    asked.Does, sharp(photo), job);
  if (job.format === 'gif') {
    return small.gif().toBuffer();
  }
  if (job.format === 'webp') {
    return small.webp({ quality: job.quality || 100, lossless: job.quality === 0, effort: job.effort }).toBuffer();
  }
  if (job.format === 'avif') {
    return small.avif(avif(job)).toBuffer();
  }
  return job.format === 'png'
    ? small.png().toBuffer()
    : small.flatten({ background: '#ffffff' }).jpeg({ quality: job.quality }).toBuffer();
}

// avif has its chroma named: sharp's default is 4:4:4 whatever the photo has.
function avif({ quality, effort, asked }) {
  return { quality, effort, chromaSubsampling: asked.Chroma || '4:2:0' };
}

// alone makes a photo as small as the preview, and returns what encodes that.
async function alone(job, photo) {
  const { data, info } = await sharp(photo, { ignoreIcc: true }).resize(job.width, job.height || null, { fit: 'inside' })
    .raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return () => sharp(data, { raw: { width, height, channels } }).avif(avif(job)).toBuffer();
}

// run does one job and returns the microseconds of user time that it took. The
// photo is in memory before the clock starts, and the preview is written after
// it has stopped.
async function run(job) {
  const photo = await readFile(job.source);
  const make = job.asked.Alone ? await alone(job, photo) : () => render(job, photo);
  let preview;
  const start = process.cpuUsage().user;
  for (let i = 0; i < job.repeat; i++) {
    preview = await make();
  }
  const took = process.cpuUsage().user - start;
  await writeFile(job.preview, preview);
  return took;
}

console.log(`sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [source, preview, width, height, fit, format, quality, repeat, effort, look] = line.split('\t');
  const job = { source, preview, width: +width, height: +height, fit, format, quality: +quality, repeat: +repeat, effort: +effort, asked: look ? JSON.parse(look) : { Fit: fit === 'cover' ? 'cover' : 'inside' } };
  try {
    console.log(`done\t${await run(job)}`);
  } catch (error) {
    console.log(`failed\t${String(error).replaceAll('\n', ' ')}`);
  }
}
