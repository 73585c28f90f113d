// The viewer of a paper: its pages, zoom, turn, and the boxes of what was read.
// Pages are pictures made for looking at; who looks closer than they show sees
// the original, where that is a picture. On the page that confirms fields, each
// shows its place, and Enter, Esc and typing do the work.
const view = document.querySelector<HTMLElement>("[data-viewer]");
if (view) void show(view);

// A sheet is one page: its picture, and its boxes over it.
interface Sheet { turned: HTMLElement; flat: HTMLElement; picture: HTMLImageElement; boxes: SVGSVGElement }

function sheetsOf(view: HTMLElement): Sheet[] {
  return [...view.querySelectorAll<HTMLElement>(".turned")].map((turned) => {
    const flat = turned.querySelector<HTMLElement>(".flat")!;
    return { turned, flat, picture: flat.querySelector("img")!, boxes: flat.querySelector("svg")! };
  });
}

async function show(view: HTMLElement): Promise<void> {
  const stage = view.querySelector<HTMLElement>(".stage")!;
  const told = view.querySelector<HTMLElement>("[data-at]");
  const sheets = sheetsOf(view);
  if (!sheets.length) { // the page says how to open the file
    confirming(() => undefined, sheets);
    return;
  }
  let at = 0, zoom = 1, turn = 0, field = view.dataset.field ?? "";

  // size is that of the page in the pixels that its boxes are counted in.
  function size({ picture, boxes }: Sheet): [number, number] {
    const given = boxes.viewBox.baseVal;
    if (given?.width) return [given.width, given.height];
    return [picture.naturalWidth, picture.naturalHeight];
  }

  function lay(): void {
    for (const [i, s] of sheets.entries()) s.turned.hidden = i !== at;
    if (told) told.textContent = told.dataset.at!.replace("#", String(at + 1));
    const { turned, flat, picture, boxes } = sheets[at]!;
    const [w, h] = size(sheets[at]!);
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
    if (zoom > 1 && picture.naturalWidth && w * scale * devicePixelRatio > picture.naturalWidth) closer(picture);
  }

  // closer shows the original, which has more to see; it comes when it has come.
  function closer(picture: HTMLImageElement): void {
    const address = picture.dataset.original;
    if (!address || picture.getAttribute("src") === address) return;
    delete picture.dataset.original;
    const original = new Image();
    original.onload = () => { picture.src = address; };
    original.src = address;
  }

  function to(page: number, top = true): void {
    const next = Math.min(sheets.length - 1, Math.max(0, page));
    if (next === at) return;
    at = next;
    lay();
    stage.scrollTop = top ? 0 : stage.scrollHeight;
  }

  function point(into: boolean): void {
    const on = sheets.findIndex((s) => [...s.boxes.querySelectorAll<SVGRectElement>("rect")].some((r) => r.dataset.field === field));
    if (into && on >= 0) to(on);
    for (const s of sheets) {
      for (const r of s.boxes.querySelectorAll<SVGRectElement>("rect")) {
        const here = r.dataset.field === field;
        r.classList.toggle("on", here);
        if (here && into) r.scrollIntoView({ block: "center", inline: "center" });
      }
    }
    for (const a of document.querySelectorAll<HTMLElement>(".fields a[data-field]")) {
      if (a.dataset.field === field) a.setAttribute("aria-current", "true");
      else a.removeAttribute("aria-current");
    }
  }

  function look(name: string): void {
    field = name;
    point(true);
  }

  const acts: Record<string, () => void> = {
    in: () => { zoom = Math.min(6, zoom * 1.4); lay(); },
    out: () => { zoom = Math.max(0.5, zoom / 1.4); lay(); },
    turn: () => { turn = (turn + 90) % 360; lay(); },
    fit: () => { zoom = 1; turn = 0; lay(); },
    on: () => to(at + 1),
    back: () => to(at - 1),
  };
  view.addEventListener("click", (e) => {
    const b = (e.target as HTMLElement).closest<HTMLElement>("[data-do]");
    if (b) acts[b.dataset.do!]?.();
  });
  stage.addEventListener("keydown", (e) => { // only while the stage has the focus
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const act = { "+": "in", "=": "in", "-": "out", r: "turn", "0": "fit", n: "on", p: "back" }[e.key];
    const foot = stage.scrollTop + stage.clientHeight >= stage.scrollHeight - 2;
    if (act) acts[act]!();
    else if (e.key === "PageDown" && foot && at < sheets.length - 1) to(at + 1); // the page has been read to its end
    else if (e.key === "PageUp" && stage.scrollTop <= 1 && at > 0) to(at - 1, false);
    else return;
    e.preventDefault();
  });
  document.addEventListener("click", (e) => {
    const a = (e.target as HTMLElement).closest<HTMLElement>("a[data-field]");
    if (!a || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    look(a.dataset.field!);
  });
  addEventListener("resize", lay);

  const first = sheets[0]!;
  if (!size(first)[0] && !first.picture.complete) await new Promise((done) => { first.picture.onload = first.picture.onerror = done; });
  lay();
  view.querySelector<HTMLElement>("[data-tools]")!.hidden = false;
  point(Boolean(field));
  confirming(look, sheets);
}

// confirming makes the form of unsure fields one for the keyboard.
function confirming(look: (field: string) => void, sheets: Sheet[]): void {
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
    const crop = f.querySelector<HTMLCanvasElement>("[data-crop]"); // where nobody has cut it out yet
    if (crop) void cut(crop);
    f.addEventListener("focusin", () => look(f.dataset.name!));
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
    for (const { picture, boxes } of sheets) {
      const r = [...boxes.querySelectorAll<SVGRectElement>("rect")].find((r) => r.dataset.field === crop.dataset.crop);
      if (!r) continue;
      if (!picture.complete) await new Promise((done) => { picture.addEventListener("load", done); picture.addEventListener("error", done); });
      const k = picture.naturalWidth / (boxes.viewBox.baseVal?.width || picture.naturalWidth);
      const [x, y, w, h] = ["x", "y", "width", "height"].map((a) => Number(r.getAttribute(a)) * k) as [number, number, number, number];
      const rim = Math.round(h * 0.5);
      crop.width = w + 2 * rim;
      crop.height = h + 2 * rim;
      crop.getContext("2d")!.drawImage(picture, x - rim, y - rim, w + 2 * rim, h + 2 * rim, 0, 0, crop.width, crop.height);
      crop.setAttribute("role", "img");
      crop.setAttribute("aria-label", f(crop));
      crop.hidden = false;
    }
  }
  function f(crop: HTMLCanvasElement): string { return crop.closest("fieldset")!.querySelector("legend")!.textContent ?? ""; }
}
