// The viewer of a document: zoom, turn, the pages of a PDF, and the boxes of
// what was read. On the page that confirms fields, each shows its own crop, and
// Enter, Esc and typing do the work.
interface Pages { count: number; draw(n: number, on: HTMLCanvasElement): Promise<void> }

const dpi = 200; // at which the reader draws pages of a PDF: its boxes are in these pixels

const view = document.querySelector<HTMLElement>("[data-viewer]");
if (view) void show(view);

async function show(view: HTMLElement): Promise<void> {
  const stage = view.querySelector<HTMLElement>(".stage")!;
  const turned = view.querySelector<HTMLElement>(".turned")!;
  const flat = view.querySelector<HTMLElement>(".flat")!;
  const boxes = view.querySelector<SVGSVGElement>("svg")!;
  const picture = view.querySelector<HTMLImageElement>(".flat > img");
  const canvas = view.querySelector<HTMLCanvasElement>(".flat > canvas");
  const where = view.querySelector<HTMLElement>("[data-at]");
  let zoom = 1, turn = 0, page = Number(view.dataset.page ?? 1), field = view.dataset.field ?? "";
  let pages: Pages | undefined;

  const size = (): [number, number] => picture ? [picture.naturalWidth, picture.naturalHeight] : [canvas?.width ?? 0, canvas?.height ?? 0];

  function lay(): void {
    const [w, h] = size();
    if (!w || !h) return;
    const aside = turn % 180 !== 0;
    const wide = stage.clientWidth * zoom;
    const scale = wide / (aside ? h : w);
    flat.style.width = `${w * scale}px`;
    flat.style.height = `${h * scale}px`;
    turned.style.width = `${wide}px`;
    turned.style.height = `${(aside ? w : h) * scale}px`;
    const shift = { 0: "", 90: `translate(${h * scale}px,0)`, 180: `translate(${w * scale}px,${h * scale}px)`, 270: `translate(0,${w * scale}px)` }[turn];
    flat.style.transform = `${shift} rotate(${turn}deg)`;
    boxes.setAttribute("viewBox", `0 0 ${w} ${h}`);
    boxes.toggleAttribute("hidden", false);
  }

  function point(into: boolean): void {
    for (const r of boxes.querySelectorAll<SVGRectElement>("rect")) {
      r.toggleAttribute("hidden", Boolean(canvas) && Number(r.dataset.page) !== page);
      r.style.display = canvas && Number(r.dataset.page) !== page ? "none" : "";
      const on = r.dataset.field === field;
      r.classList.toggle("on", on);
      if (on && into) r.scrollIntoView({ block: "center", inline: "center" });
    }
    for (const a of document.querySelectorAll<HTMLElement>(".fields a[data-field]")) {
      if (a.dataset.field === field) a.setAttribute("aria-current", "true");
      else a.removeAttribute("aria-current");
    }
  }

  async function leaf(to: number): Promise<void> {
    if (!pages || !canvas) return;
    page = Math.min(pages.count, Math.max(1, to));
    await pages.draw(page, canvas);
    canvas.hidden = false;
    if (where) where.textContent = `${page} / ${pages.count}`;
    lay();
    point(false);
  }

  async function look(name: string, on: number): Promise<void> {
    field = name;
    if (pages && on && on !== page) await leaf(on);
    point(true);
  }

  const acts: Record<string, () => void> = {
    in: () => { zoom = Math.min(6, zoom * 1.4); lay(); },
    out: () => { zoom = Math.max(0.5, zoom / 1.4); lay(); },
    turn: () => { turn = (turn + 90) % 360; lay(); },
    fit: () => { zoom = 1; turn = 0; lay(); },
    back: () => void leaf(page - 1),
    on: () => void leaf(page + 1),
  };
  view.addEventListener("click", (e) => {
    const b = (e.target as HTMLElement).closest<HTMLElement>("[data-do]");
    if (b) acts[b.dataset.do!]?.();
  });
  stage.addEventListener("keydown", (e) => { // only while the stage has the focus
    const act = { "+": "in", "=": "in", "-": "out", r: "turn", "0": "fit", PageUp: "back", PageDown: "on" }[e.key];
    if (act && !e.ctrlKey && !e.metaKey) { acts[act]!(); e.preventDefault(); }
  });
  document.addEventListener("click", (e) => {
    const a = (e.target as HTMLElement).closest<HTMLElement>("a[data-field]");
    if (!a || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    void look(a.dataset.field!, Number(a.dataset.page));
  });
  addEventListener("resize", lay);

  if (canvas && view.dataset.pdf) {
    try {
      const { open } = await import(view.dataset.pdf) as { open(file: string, worker: string, dpi: number): Promise<Pages> };
      pages = await open(view.dataset.file!, view.dataset.worker!, dpi);
      view.querySelector("[data-instead]")?.remove();
      await leaf(page);
    } catch { return; } // the page says how to open the file
  } else if (picture) {
    if (!picture.complete) await new Promise((done) => { picture.onload = picture.onerror = done; });
    lay();
  } else return;
  view.querySelector<HTMLElement>("[data-tools]")!.hidden = false;
  point(Boolean(field));
  confirming(look, boxes, async (n) => {
    if (picture) return picture;
    const other = document.createElement("canvas");
    await pages?.draw(n, other);
    return other;
  });
}

// confirming makes the form of unsure fields one for the keyboard.
function confirming(look: (field: string, page: number) => Promise<void>, boxes: SVGSVGElement, sheet: (page: number) => Promise<CanvasImageSource>): void {
  const form = document.querySelector<HTMLFormElement>("[data-confirm]");
  if (!form) return;
  const fields = [...form.querySelectorAll<HTMLFieldSetElement>("[data-name]")];
  const inputs = (f: HTMLElement) => [...f.querySelectorAll<HTMLInputElement>("input:not([type=checkbox])")];
  const box = (f: HTMLElement) => f.querySelector<HTMLInputElement>("input[type=checkbox]")!;
  const next = (f: HTMLFieldSetElement) => {
    const to = fields[fields.indexOf(f) + 1];
    if (to) inputs(to)[0]!.select();
    else form.querySelector<HTMLButtonElement>("button")!.focus();
  };
  for (const f of fields) {
    const crop = f.querySelector<HTMLCanvasElement>("[data-crop]")!;
    void cut(crop);
    f.addEventListener("focusin", () => void look(f.dataset.name!, Number(crop.dataset.page)));
    f.addEventListener("keypress", (e) => { if (e.key === "Enter") e.preventDefault(); }); // a form of one line would go
    f.addEventListener("keydown", (e) => {
      if (e.isComposing || (e.target as HTMLElement).matches("[type=checkbox]")) return;
      if (e.key === "Escape") {
        box(f).checked = false;
        next(f);
      } else if (e.key === "Enter") {
        e.preventDefault();
        const all = inputs(f);
        const more = all[all.indexOf(e.target as HTMLInputElement) + 1];
        if (more) { more.select(); return; } // keyed twice
        box(f).checked = true;
        addEventListener("keyup", () => next(f), { once: true }); // a key held down sends nothing off
      }
    });
  }
  if (fields[0]) inputs(fields[0])[0]!.select();

  async function cut(crop: HTMLCanvasElement): Promise<void> {
    const r = [...boxes.querySelectorAll<SVGRectElement>("rect")].find((r) => r.dataset.field === crop.dataset.crop);
    if (!r) return;
    const [x, y, w, h] = ["x", "y", "width", "height"].map((a) => Number(r.getAttribute(a))) as [number, number, number, number];
    const rim = Math.round(h * 0.5);
    crop.width = w + 2 * rim;
    crop.height = h + 2 * rim;
    crop.getContext("2d")!.drawImage(await sheet(Number(crop.dataset.page)), x - rim, y - rim, w + 2 * rim, h + 2 * rim, 0, 0, crop.width, crop.height);
    crop.setAttribute("role", "img");
    crop.setAttribute("aria-label", f(crop));
    crop.hidden = false;
  }
  function f(crop: HTMLCanvasElement): string { return crop.closest("fieldset")!.querySelector("legend")!.textContent ?? ""; }
}
