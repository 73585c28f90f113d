// A signature drawn with a finger. It is kept as strokes, so that it is there
// after a reload, and becomes a picture when it is sent.

export function signaturePad(canvas: HTMLCanvasElement, changed: (strokes: number[][]) => void): { show(strokes: number[][]): void } {
  let strokes: number[][] = [];
  const pen = canvas.getContext("2d");
  const at = (event: PointerEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const draw = () => { if (pen) drawStrokes(pen, strokes); };
  canvas.addEventListener("pointerdown", (event) => {
    if (canvas.dataset.closed !== undefined) return;
    canvas.setPointerCapture(event.pointerId);
    strokes = [...strokes, at(event)];
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    strokes[strokes.length - 1]?.push(...at(event));
    draw();
  });
  canvas.addEventListener("pointerup", () => changed(strokes));
  canvas.addEventListener("pointercancel", () => changed(strokes));
  return { show(again) { strokes = again; draw(); } };
}

function drawStrokes(pen: CanvasRenderingContext2D, strokes: number[][]): void {
  const { width, height } = pen.canvas;
  pen.fillStyle = "#fff"; // paper and ink, by day and by night
  pen.fillRect(0, 0, width, height);
  pen.strokeStyle = "#111";
  pen.lineWidth = 4;
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of strokes) {
    pen.beginPath();
    for (let i = 0; i + 1 < stroke.length; i += 2) pen.lineTo((stroke[i] ?? 0) * width, (stroke[i + 1] ?? 0) * height);
    if (stroke.length === 2) pen.lineTo((stroke[0] ?? 0) * width + 1, (stroke[1] ?? 0) * height);
    pen.stroke();
  }
}

// picture is the signature as a PNG.
export function picture(strokes: number[][]): Promise<Blob | null> {
  return new Promise((done) => drawn(strokes).toBlob(done, "image/png"));
}

// address is that picture as a data: address.
export function address(strokes: number[][]): string {
  return drawn(strokes).toDataURL("image/png");
}

function drawn(strokes: number[][]): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = 960;
  canvas.height = 360;
  const pen = canvas.getContext("2d");
  if (pen) drawStrokes(pen, strokes);
  return canvas;
}
