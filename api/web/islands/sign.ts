// The signature under an agreement. What is drawn goes with the form as a
// picture, and as strokes, so that it is there again when the form comes back.
import { address, signaturePad } from "./shared/signature";

const part = document.querySelector<HTMLElement>("[data-sign]");
if (part) {
  const field = (name: string) => part.querySelector<HTMLInputElement>(`[name=${name}]`)!;
  const draw = part.querySelector<HTMLElement>("[data-draw]")!;
  const pad = signaturePad(draw.querySelector("canvas")!, (strokes) => keep(strokes));
  const keep = (strokes: number[][]) => {
    field("strokes").value = strokes.length > 0 ? JSON.stringify(strokes, (_, n: unknown) => (typeof n === "number" ? Math.round(n * 1e4) / 1e4 : n)) : "";
    field("drawn").value = strokes.length > 0 ? address(strokes) : "";
  };
  const show = (strokes: number[][]) => {
    pad.show(strokes);
    keep(strokes);
  };
  draw.querySelector("button")!.addEventListener("click", () => show([]));
  draw.hidden = false;
  let before: number[][] = [];
  try {
    before = JSON.parse(field("strokes").value || "[]") as number[][];
  } catch { /* none of ours */ }
  show(before);
}
