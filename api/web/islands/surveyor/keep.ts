// Takes a file in: looks whether it is one, hashes its original bytes, and
// keeps them on the phone with when and where.
import { sha256 } from "../shared/hash";
import { off } from "./clock";
import { kindOf, largest, type Piece } from "./plan";
import { lastPlace } from "./place";
import { whyNotKept } from "./room";
import { keep, pieces } from "./store";

export type NotKept = "wrong-type" | "heic" | "too-large" | "empty-file" | "twice" | "room-none" | "no-store";

export interface Wanted { owner: string; task: string; claim: string; kind: string; shot: string; label: string }

// take keeps a file, or says why not. Its bytes are not touched.
export async function take(file: Blob, w: Wanted): Promise<Piece | NotKept> {
  const takenAt = Date.now();
  if (file.size === 0) return "empty-file";
  if (file.size > largest) return "too-large";
  const bytes = await file.arrayBuffer();
  const type = kindOf(new Uint8Array(bytes, 0, Math.min(16, bytes.byteLength)));
  if (type === "heic") return "heic";
  if (!type || (w.kind === "loss_photo" && !type.startsWith("image/"))) return "wrong-type";
  const sum = await sha256(bytes);
  const there = (await pieces()).filter((p) => p.owner === w.owner && p.task === w.task);
  if (there.some((p) => p.sha256 === sum)) return "twice";
  const number = there.filter((p) => p.shot === w.shot).length + 1;
  const end = { "image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf", "application/ofd": "ofd", "text/xml": "xml" }[type];
  try {
    return await keep({
      id: crypto.randomUUID(), owner: w.owner, task: w.task, claim: w.claim, kind: w.kind, shot: w.shot, name: `${w.label}-${number}.${end}`, type,
      size: bytes.byteLength, sha256: sum, takenAt, clockOff: await off(), place: lastPlace(), key: crypto.randomUUID(), received: 0,
    }, new Blob([bytes], { type }));
  } catch (problem) {
    return whyNotKept(problem) === "room-full" ? "room-none" : "no-store";
  }
}
