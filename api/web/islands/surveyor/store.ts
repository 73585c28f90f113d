// What is kept on the phone, in IndexedDB. A write is on the disk before it is
// told done, and every tab hears of it.
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Piece, Report } from "./plan";

interface Phone extends DBSchema {
  pieces: { key: string; value: Piece; indexes: { task: string } };
  bytes: { key: string; value: Blob }; // originals, by the id of their piece
  reports: { key: string; value: Report };
  notes: { key: string; value: unknown };
}

let opened: Promise<IDBPDatabase<Phone>> | undefined;

function phone(): Promise<IDBPDatabase<Phone>> {
  opened ??= openDB<Phone>("anpei-surveyor", 1, {
    upgrade(db) {
      db.createObjectStore("pieces", { keyPath: "id" }).createIndex("task", "task");
      db.createObjectStore("bytes");
      db.createObjectStore("reports");
      db.createObjectStore("notes");
    },
    blocking(_, __, event) {
      (event.target as IDBDatabase).close(); // a newer release wants to come in
      opened = undefined;
    },
    terminated() { opened = undefined; },
  }).catch((problem) => { opened = undefined; throw problem; });
  return opened;
}

const safely = { durability: "strict" } as const;
const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("anpei-surveyor");
const listeners = new Set<() => void>();
channel?.addEventListener("message", () => listeners.forEach((tell) => tell()));

// onChange is told of every change, in whichever tab it was made.
export function onChange(tell: () => void): void { listeners.add(tell); }

function changed(): void {
  listeners.forEach((tell) => tell());
  channel?.postMessage("changed");
}

const of = (owner: string, task: string) => `${owner} ${task}`;

// keep stores a piece with its bytes, both or neither, and gives it its number.
export async function keep(piece: Omit<Piece, "seq">, bytes: Blob): Promise<Piece> {
  const tx = (await phone()).transaction(["pieces", "bytes", "notes"], "readwrite", safely);
  const seq = Number((await tx.objectStore("notes").get("seq")) ?? 0) + 1;
  const numbered = { ...piece, seq };
  await Promise.all([
    tx.objectStore("notes").put(seq, "seq"), tx.objectStore("pieces").put(numbered), tx.objectStore("bytes").put(bytes, piece.id), tx.done,
  ]);
  changed();
  return numbered;
}

// change rewrites a piece as it is now, in one transaction.
export async function change(id: string, edit: (p: Piece) => Partial<Piece>): Promise<Piece | undefined> {
  const tx = (await phone()).transaction("pieces", "readwrite", safely);
  const piece = await tx.store.get(id);
  const next = piece && { ...piece, ...edit(piece) };
  if (next) await tx.store.put(next);
  await tx.done;
  changed();
  return next;
}

export async function pieces(): Promise<Piece[]> {
  return (await (await phone()).getAll("pieces")).sort((a, b) => a.seq - b.seq);
}

export async function bytesOf(id: string): Promise<Blob | undefined> {
  return (await phone()).get("bytes", id);
}

export async function forget(id: string): Promise<void> {
  const tx = (await phone()).transaction(["pieces", "bytes"], "readwrite", safely);
  await Promise.all([tx.objectStore("pieces").delete(id), tx.objectStore("bytes").delete(id), tx.done]);
  changed();
}

export async function report(owner: string, task: string): Promise<Report | undefined> {
  return (await phone()).get("reports", of(owner, task));
}

export async function reports(): Promise<Report[]> {
  return (await phone()).getAll("reports");
}

// changeReport rewrites a report as it is now, in one transaction; the first
// time it begins as blank.
export async function changeReport(blank: Report, edit: (r: Report) => Partial<Report>): Promise<Report> {
  const tx = (await phone()).transaction("reports", "readwrite", safely);
  const now = (await tx.store.get(of(blank.owner, blank.task))) ?? blank;
  const next = { ...now, ...edit(now) };
  await tx.store.put(next, of(blank.owner, blank.task));
  await tx.done;
  changed();
  return next;
}

export async function forgetReport(r: Report): Promise<void> {
  await (await phone()).delete("reports", of(r.owner, r.task));
  changed();
}

export async function note<T>(name: string): Promise<T | undefined> {
  return (await (await phone()).get("notes", name)) as T | undefined;
}

export async function putNote(name: string, value: unknown): Promise<void> {
  await (await phone()).put("notes", value, name);
}
