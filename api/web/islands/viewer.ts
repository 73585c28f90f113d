// The viewer of a picture: zoom, turn, and the boxes of what was read. A PDF is
// opened as it is. On the page that confirms fields, each shows its own crop, and
// Enter, Esc and typing do the work.
const view = document.querySelector<HTMLElement>("[data-viewer]");
if (view) void show(view);

async function show(view: HTMLElement): Promise<void> {
  const stage = view.querySelector<HTMLElement>(".stage")!;
  const turned = view.querySelector<HTMLElement>(".turned")!;
  const flat = view.querySelector<HTMLElement>(".flat")!;
  const boxes = view.querySelector<SVGSVGElement>("svg")!;
  const picture = view.querySelector<HTMLImageElement>(".flat > img");
  if (!picture) { // the page says how to open the file
    confirming(() => undefined, boxes);
    return;
  }
  let zoom = 1, turn = 0, field = view.dataset.field ?? "";

  function lay(): void {
    const w = picture!.naturalWidth, h = picture!.naturalHeight;
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
      const on = r.dataset.field === field;
      r.classList.toggle("on", on);
      if (on && into) r.scrollIntoView({ block: "center", inline: "center" });
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
  };
  view.addEventListener("click", (e) => {
    const b = (e.target as HTMLElement).closest<HTMLElement>("[data-do]");
    if (b) acts[b.dataset.do!]?.();
  });
  stage.addEventListener("keydown", (e) => { // only while the stage has the focus
    const act = { "+": "in", "=": "in", "-": "out", r: "turn", "0": "fit" }[e.key];
    if (act && !e.ctrlKey && !e.metaKey) { acts[act]!(); e.preventDefault(); }
  });
  document.addEventListener("click", (e) => {
    const a = (e.target as HTMLElement).closest<HTMLElement>("a[data-field]");
    if (!a || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    look(a.dataset.field!);
  });
  addEventListener("resize", lay);

  if (!picture.complete) await new Promise((done) => { picture.onload = picture.onerror = done; });
  lay();
  view.querySelector<HTMLElement>("[data-tools]")!.hidden = false;
  point(Boolean(field));
  confirming(look, boxes, picture);
}

// confirming makes the form of unsure fields one for the keyboard.
function confirming(look: (field: string) => void, boxes: SVGSVGElement, picture?: HTMLImageElement): void {
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
    cut(crop);
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

  function cut(crop: HTMLCanvasElement): void {
    const r = [...boxes.querySelectorAll<SVGRectElement>("rect")].find((r) => r.dataset.field === crop.dataset.crop);
    if (!r || !picture) return;
    const [x, y, w, h] = ["x", "y", "width", "height"].map((a) => Number(r.getAttribute(a))) as [number, number, number, number];
    const rim = Math.round(h * 0.5);
    crop.width = w + 2 * rim;
    crop.height = h + 2 * rim;
    crop.getContext("2d")!.drawImage(picture, x - rim, y - rim, w + 2 * rim, h + 2 * rim, 0, 0, crop.width, crop.height);
    crop.setAttribute("role", "img");
    crop.setAttribute("aria-label", f(crop));
    crop.hidden = false;
  }
  function f(crop: HTMLCanvasElement): string { return crop.closest("fieldset")!.querySelector("legend")!.textContent ?? ""; }
}
