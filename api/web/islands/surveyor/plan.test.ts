import assert from "node:assert/strict";
import { test } from "node:test";
import * as plan from "./plan";

const now = Date.parse("2026-11-22T03:00:00Z");
const piece = (with_: Partial<plan.Piece> = {}): plan.Piece => ({
  id: "p1", owner: "chen", task: "t1", claim: "AP-1", kind: "loss_photo", shot: "scene", name: "x.jpg", type: "image/jpeg", size: 100, sha256: "00",
  seq: 1, takenAt: now, clockOff: 0, place: null, key: "k", received: 0, ...with_,
});
const report = (with_: Partial<plan.Report> = {}): plan.Report => ({
  task: "t1", owner: "chen", claim: "AP-1", title: "x", strokes: [], place: null, begunAt: now, batches: [], key: "k",
  form: { arrived: "2026-11-22T10:50", facts: "两车相撞", fault: "7000", estimate: "18,500.5", talk: "", signer: "" }, ...with_,
});

test("a piece is kept, sending, arrived, confirmed; or refused", () => {
  assert.equal(plan.stateOf(piece()), "kept");
  assert.equal(plan.stateOf(piece({ received: 50 })), "sending");
  assert.equal(plan.stateOf(piece({ received: 100, stored: "u" })), "arrived");
  assert.equal(plan.stateOf(piece({ received: 100, stored: "u", document: "d" })), "confirmed");
  assert.equal(plan.stateOf(piece({ said: { status: 415, type: "", title: "", detail: "", at: now } })), "refused");
  assert.deepEqual([piece(), piece({ stored: "u" }), piece({ document: "d" })].map(plan.deletable), [false, false, true]);
});

test("what waits for over an hour is counted", () => {
  const old = now - plan.anHour - 1;
  assert.deepEqual(plan.overdue([piece({ takenAt: old }), piece(), piece({ takenAt: old, stored: "u" })], [], now), { unsent: 1, unfiled: false });
  assert.deepEqual(plan.overdue([piece({ takenAt: old, stored: "u" })], [report({ begunAt: old })], now), { unsent: 0, unfiled: true });
  assert.deepEqual(plan.overdue([], [report({ begunAt: old, readyAt: old })], now), { unsent: 1, unfiled: false });
  assert.deepEqual(plan.overdue([], [report({ begunAt: old, readyAt: old, filedAt: now })], now), { unsent: 0, unfiled: false });
});

test("chunks grow on a good line and shrink on a bad one, within the contract", () => {
  assert.equal(plan.nextChunk(256 << 10, 300, true), 512 << 10);
  assert.equal(plan.nextChunk(256 << 10, 3000, true), 256 << 10);
  assert.equal(plan.nextChunk(256 << 10, 9000, true), 128 << 10);
  assert.equal(plan.nextChunk(plan.most, 10, true), plan.most);
  assert.equal(plan.nextChunk(plan.least, 0, false), plan.least);
  assert.deepEqual([1, 2, 10].map(plan.pause), [2000, 4000, 60_000]);
});

test("files are told by their bytes", () => {
  const bytes = (s: string) => Uint8Array.from(s, (c) => c.charCodeAt(0));
  assert.equal(plan.kindOf(bytes("\xff\xd8\xff\xe0")), "image/jpeg");
  assert.equal(plan.kindOf(bytes("\x89PNG\r\n\x1a\n")), "image/png");
  assert.equal(plan.kindOf(bytes("%PDF-1.7")), "application/pdf");
  assert.equal(plan.kindOf(bytes("\0\0\0\x18ftypheic")), "heic");
  assert.equal(plan.kindOf(bytes("PK\x03\x04\x14\0")), "application/ofd");
  assert.equal(plan.kindOf(bytes("<?xml version=")), "text/xml");
  assert.equal(plan.kindOf(bytes("\xef\xbb\xbf<?xml version=")), "text/xml");
  assert.equal(plan.kindOf(bytes("text")), "");
  assert.equal(plan.kindOf(new Uint8Array()), "");
});

test("yuan are read as people write them", () => {
  for (const [text, fen] of [["18,500.50", 1_850_050], ["18500", 1_850_000], ["１８５００．５", 1_850_050], ["¥ 0", 0], ["0.1", 10]] as const) assert.equal(plan.fenOf(text), fen, text);
  for (const text of ["", "-1", "1.234", "abc", "1e3"]) assert.equal(plan.fenOf(text), null, text);
});

test("times of a form are China's", () => {
  assert.equal(plan.atChina("2026-11-22T11:00"), now);
  assert.equal(plan.inChina(now), "2026-11-22T11:00");
  assert.equal(plan.atChina(""), null);
});

test("a report says what it still wants", () => {
  assert.deepEqual(plan.missing(report().form, [piece()], now), []);
  assert.deepEqual(plan.missing({ arrived: "2026-11-22T11:30", facts: " ", fault: "", estimate: "x", talk: "", signer: "" }, [piece({ left: true })], now),
    ["arrived", "facts", "fault", "estimate", "photos"]);
});

test("a wrong clock is told in the report, and mended in the times", () => {
  const slow = piece({ clockOff: 12 * 60_000 });
  const words = { talk: "谈话：", signer: "签名：", clock: (ms: number) => `差 ${ms / 60_000} 分`, place: "没有位置" };
  assert.equal(plan.factsOf(report(), [slow], words), "两车相撞\n\n差 12 分\n\n没有位置");
  assert.equal(plan.takenAt(slow), now + 12 * 60_000);
  assert.equal(plan.takenAt(piece({ clockOff: 900 })), now, "a second is no error");
  assert.equal(plan.takenAt(piece({ clockOff: null })), now);
});

test("what is filed is the contract's", () => {
  const filed = plan.filing(report({ place: { lat: 31, lng: 121, metres: 5, at: now } }), ["d1", "d2", "d1"], "f", now);
  assert.deepEqual(filed, {
    task: "t1", arrived_at: "2026-11-22T02:50:00.000Z", facts: "f", fault_share_bp: 7000, estimate_fen: 1_850_050, photos: ["d1", "d2"], place: { lat: 31, lng: 121 },
  });
  assert.equal("place" in plan.filing(report(), ["d"], "f", now), false);
});

test("batches hold fifty, and never a piece twice", () => {
  const all = Array.from({ length: 120 }, (_, i) => piece({ id: `p${i}`, seq: i, stored: "u" }));
  let n = 0;
  const first = plan.batchesOf([], all, () => `k${n++}`);
  assert.deepEqual(first.map((b) => b.pieces.length), [50, 50, 20]);
  assert.equal(new Set(first.flatMap((b) => b.pieces)).size, 120);
  assert.deepEqual(plan.batchesOf(first, [...all, piece({ id: "late", stored: "u" })], () => "k"), [{ key: "k", pieces: ["late"] }]);
  assert.deepEqual(plan.batchesOf([], [piece(), piece({ id: "out", stored: "u", left: true })], () => "k"), []);
});

test("files go when neither the release nor a kept page needs them", () => {
  assert.deepEqual(plan.unused(["/assets/app-1.css", "/assets/app-2.css", "/assets/app-3.css"], ["/assets/app-3.css"], ['href="/assets/app-2.css"']), ["/assets/app-1.css"]);
});

test("room is told in pictures", () => {
  assert.equal(plan.room({}, []), null);
  assert.equal(plan.room({ quota: 100 << 20, usage: 0 }, [5 << 20]), 18);
  assert.equal(plan.room({ quota: 1 << 20, usage: 2 << 20 }, []), 0);
});
