// What keeps a picture from proving anything, as far as a phone can tell
// before it is sent: too few pixels, out of focus or shaken, too dark, or light
// that washes it out.

export type Fault = "small" | "blurred" | "dark" | "glare";

const side = 640; // of the copy that is looked at
const leastSide = 640; // of the picture itself
const leastEdges = 25; // variance of the Laplacian of the copy's brightness, 0 to 255
const darkest = 45; // mean brightness
const washedOut = 0.2; // share of points that are all but white

// look returns what is wrong with a picture, the worst first. Paper is white:
// only pictures of things are looked at for glare.
export function look(picture: ImageBitmap, thing: boolean): Fault[] {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const [w, h] = [Math.max(3, Math.round(picture.width * scale)), Math.max(3, Math.round(picture.height * scale))];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(picture, 0, 0, w, h);
  const pixels = context.getImageData(0, 0, w, h).data;
  const grey = new Float32Array(w * h);
  let sum = 0;
  let white = 0;
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2];
    sum += grey[i];
    if (grey[i] >= 250) white++;
  }
  let edges = 0;
  let squares = 0;
  for (let y = 1; y < h - 1; y++) {
    for (let x = 1; x < w - 1; x++) {
      const at = y * w + x;
      const bend = grey[at - 1] + grey[at + 1] + grey[at - w] + grey[at + w] - 4 * grey[at];
      edges += bend;
      squares += bend * bend;
    }
  }
  const n = (w - 2) * (h - 2);
  const faults: Fault[] = [];
  if (sum / grey.length < darkest) faults.push("dark");
  if (squares / n - (edges / n) ** 2 < leastEdges) faults.push("blurred");
  if (thing && white / grey.length > washedOut) faults.push("glare");
  if (Math.min(picture.width, picture.height) < leastSide) faults.push("small");
  return faults;
}
