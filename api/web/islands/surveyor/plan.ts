// What the phone decides, from what it knows: pure, and tested without a browser.

// A piece is one file of a survey: a picture, a paper, a signature.
export interface Piece {
  id: string;
  owner: string; // the member of staff who took it
  task: string;
  claim: string; // number
  kind: string; // of document
  shot: string; // what it shows
  name: string;
  type: string;
  size: number;
  sha256: string; // of the original bytes, hex
  seq: number; // in the order of taking, on this phone
  takenAt: number; // by this phone's clock
  clockOff: number | null; // server's minus the phone's, in ms, when last compared
  place: Place | null;
  key: string; // Idempotency-Key of its upload
  upload?: string; // the upload on its way
  received: number; // bytes that are safe there
  stored?: string; // the upload when it was complete
  document?: string; // of the claim: confirmed
  left?: boolean; // not to go with the report
  tries?: number; // times that the whole was sent and not taken
  said?: Said; // why the server did not take it
}

export interface Place { lat: number; lng: number; metres: number; at: number }

// Said is what the server answered, as RFC 9457.
export interface Said { status: number; type: string; title: string; detail: string; at: number }

export interface Form { arrived: string; facts: string; fault: string; estimate: string; talk: string; signer: string }

// A batch becomes documents in one command. Its pieces never change.
export interface Batch { key: string; pieces: string[]; done?: boolean }

export interface Report {
  task: string;
  owner: string;
  claim: string;
  title: string;
  form: Form;
  strokes: number[][]; // of the signature: x, y, x, y … each from 0 to 1
  place: Place | null; // of arrival
  begunAt: number;
  readyAt?: number; // somebody said that it is finished
  batches: Batch[];
  key: string; // Idempotency-Key of the filing
  body?: Filed; // what is filed, fixed before it is sent
  filedAt?: number; // confirmed
  said?: Said;
}

// Filed is a survey report as the contract has it.
export interface Filed {
  task: string;
  arrived_at: string;
  place?: { lat: number; lng: number };
  facts: string;
  fault_share_bp: number;
  estimate_fen: number;
  photos: string[];
}

export type State = "refused" | "kept" | "sending" | "arrived" | "confirmed";

export function stateOf(p: Piece): State {
  if (p.document) return "confirmed";
  if (p.said) return "refused";
  if (p.stored) return "arrived";
  return p.received > 0 ? "sending" : "kept";
}

export const anHour = 60 * 60 * 1000;

// overdue counts what has been on the phone for over an hour and has not
// arrived, and says whether a report waits that long for a last word.
export function overdue(pieces: Piece[], reports: Report[], now: number): { unsent: number; unfiled: boolean } {
  const late = (at: number) => now - at > anHour;
  const unsent = pieces.filter((p) => !p.document && !p.stored && !p.left && late(p.takenAt)).length
    + reports.filter((r) => r.readyAt !== undefined && !r.filedAt && late(r.readyAt)).length;
  const unfiled = reports.some((r) => r.readyAt === undefined && !r.filedAt && late(r.begunAt)
    && pieces.some((p) => p.task === r.task && p.owner === r.owner && !p.document));
  return { unsent, unfiled };
}

// The contract's bounds of a chunk.
export const least = 64 << 10;
export const most = 4 << 20;

// nextChunk is how much to send at once: twice as much after a chunk that went
// quickly, half after one that was slow or broke off.
export function nextChunk(size: number, ms: number, ok: boolean): number {
  if (!ok || ms > 8000) return Math.max(least, size >> 1);
  return ms < 2000 ? Math.min(most, size * 2) : size;
}

// pause is how long to wait after so many failures in a row, in ms.
export function pause(failures: number): number {
  return Math.min(60_000, 1000 * 2 ** Math.min(failures, 6));
}

export const largest = 64 << 20;

// kindOf tells by its first bytes whether a file is one that is taken. What is a
// zip or XML the API looks into: it takes electronic invoices alone.
export function kindOf(head: Uint8Array): "image/jpeg" | "image/png" | "application/pdf" | "application/ofd" | "text/xml" | "heic" | "" {
  const ascii = String.fromCharCode(...head.subarray(0, 12));
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return "image/jpeg";
  if (ascii.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (ascii.startsWith("%PDF-")) return "application/pdf";
  if (ascii.startsWith("PK\x03\x04")) return "application/ofd";
  if (/^(\xef\xbb\xbf)?<\?xml/.test(ascii)) return "text/xml";
  if (ascii.slice(4, 8) === "ftyp" && /^(heic|heix|hevc|mif1|msf1|heim|heis)/.test(ascii.slice(8, 12))) return "heic";
  return "";
}

// fenOf reads yuan as people write them; null where it is none.
export function fenOf(yuan: string): number | null {
  const plain = yuan.normalize("NFKC").replace(/[,\s¥]/g, "");
  const found = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(plain);
  return found ? Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0")) : null;
}

// atChina reads a local time of a form, which is China's wherever the phone is set to.
export function atChina(local: string): number | null {
  const at = Date.parse(local.length === 16 ? `${local}:00+08:00` : `${local}+08:00`);
  return Number.isNaN(at) ? null : at;
}

// inChina writes a moment as a form does.
export function inChina(at: number): string {
  return new Date(at + 8 * anHour).toISOString().slice(0, 16);
}

export const clockTolerance = 2 * 60 * 1000;

// takenAt is when a piece was taken: by the phone's clock, unless that is known
// to be wrong. By how much stands in the report.
export function takenAt(p: Piece): number {
  return p.clockOff !== null && Math.abs(p.clockOff) > clockTolerance ? Math.round(p.takenAt + p.clockOff) : p.takenAt;
}

export type Missing = "facts" | "fault" | "estimate" | "arrived" | "photos";

// missing is what a report still wants before it can be finished. now is the
// server's time as far as the phone knows it.
export function missing(form: Form, pieces: Piece[], now: number): Missing[] {
  const wants: Missing[] = [];
  const arrived = atChina(form.arrived);
  if (arrived === null || arrived > now + 60_000) wants.push("arrived");
  if (!form.facts.trim()) wants.push("facts");
  if (form.fault === "") wants.push("fault");
  if (fenOf(form.estimate) === null) wants.push("estimate");
  if (!pieces.some((p) => !p.left && p.kind === "loss_photo")) wants.push("photos");
  return wants;
}

export interface ReportWords { talk: string; signer: string; clock: (ms: number) => string; place: string }

// factsOf is what the report says, with what the phone knows of itself.
export function factsOf(report: Report, pieces: Piece[], words: ReportWords): string {
  const parts = [report.form.facts.trim()];
  if (report.form.talk.trim()) parts.push(words.talk + report.form.talk.trim());
  if (report.form.signer.trim()) parts.push(words.signer + report.form.signer.trim());
  const off = pieces.reduce((worst, p) => (Math.abs(p.clockOff ?? 0) > Math.abs(worst) ? p.clockOff ?? 0 : worst), 0);
  if (Math.abs(off) > clockTolerance) parts.push(words.clock(off));
  if (!report.place) parts.push(words.place);
  return parts.join("\n\n").slice(0, 4000);
}

// filing is the report as it is sent, once its pieces are documents.
export function filing(report: Report, documents: string[], facts: string, now: number): Filed {
  const filed: Filed = {
    task: report.task,
    arrived_at: new Date(Math.min(atChina(report.form.arrived) ?? now, now)).toISOString(),
    facts,
    fault_share_bp: Number(report.form.fault),
    estimate_fen: fenOf(report.form.estimate) ?? 0,
    photos: [...new Set(documents)].slice(0, 200),
  };
  if (report.place) filed.place = { lat: report.place.lat, lng: report.place.lng };
  return filed;
}

// batchesOf puts pieces that are in no batch yet into batches of fifty.
export function batchesOf(batches: Batch[], pieces: Piece[], key: () => string): Batch[] {
  const placed = new Set(batches.flatMap((b) => b.pieces));
  const free = pieces.filter((p) => p.stored && !p.document && !p.left && !placed.has(p.id)).sort((a, b) => a.seq - b.seq);
  const more: Batch[] = [];
  for (let i = 0; i < free.length; i += 50) more.push({ key: key(), pieces: free.slice(i, i + 50).map((p) => p.id) });
  return more;
}

// unused are the kept files that neither this release nor a kept page needs.
export function unused(kept: string[], release: string[], pages: string[]): string[] {
  return kept.filter((file) => !release.includes(file) && !pages.some((page) => page.includes(file)));
}

// deletable says whether a piece may go from the phone: the claim has it.
export function deletable(p: Piece): boolean {
  return stateOf(p) === "confirmed";
}

// room is how many more pictures fit, of the size that they had so far; null
// where the browser does not say.
export function room(estimate: { quota?: number; usage?: number }, sizes: number[]): number | null {
  if (!estimate.quota) return null;
  const mean = sizes.length ? sizes.reduce((a, b) => a + b, 0) / sizes.length : 5 << 20;
  return Math.max(0, Math.floor((estimate.quota - (estimate.usage ?? 0)) * 0.9 / Math.max(mean, 1 << 20)));
}

// spanOf writes a length of time: 12:03, 1:02:03.
export function spanOf(ms: number): string {
  const s = Math.floor(Math.abs(ms) / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

// sizeOf writes a number of bytes.
export function sizeOf(bytes: number): string {
  if (bytes >= 1 << 30) return `${(bytes / (1 << 30)).toFixed(1)} GB`;
  return bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`;
}
