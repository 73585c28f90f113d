// SHA-256 as the contract writes it: of a whole file in hex, of a chunk as a
// Content-Digest (RFC 9530).
const sum = async (bytes: BufferSource) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export const sha256 = async (bytes: BufferSource) => [...(await sum(bytes))].map((n) => n.toString(16).padStart(2, "0")).join("");
export const contentDigest = async (bytes: BufferSource) => `sha-256=:${btoa(String.fromCharCode(...(await sum(bytes))))}:`;
