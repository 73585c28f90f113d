// Builds what browsers load: styles/app.css by Tailwind and daisyUI, and each
// islands/*.ts by esbuild (what they share is in islands/shared). Names in dist/ hold a hash of the contents;
// manifest.json says which file is which, and beside each lies its .gz.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

process.chdir(dirname(fileURLToPath(import.meta.url)));
const tmp = mkdtempSync(join(tmpdir(), "anpei-web-"));
const files = (folder, end) => readdirSync(folder).filter((name) => name.endsWith(end)).map((name) => join(folder, name));
const run = (tool, ...args) => execFileSync(join("node_modules", ".bin", tool), args, { stdio: ["ignore", "inherit", "pipe"] });
try {
  run("tsc", "--noEmit");
  for (const css of files("styles", ".css")) {
    run("tailwindcss", "--input", css, "--output", join(tmp, basename(css)), "--minify");
  }
  for (const file of files("styles", ".svg")) copyFileSync(file, join(tmp, basename(file)));
  await build({
    entryPoints: files("islands", ".ts"),
    outdir: tmp, bundle: true, minify: true, format: "esm", target: "es2020", legalComments: "none", logLevel: "warning",
  });

  mkdirSync("dist", { recursive: true });
  for (const old of readdirSync("dist")) if (old !== ".gitkeep") rmSync(join("dist", old));
  const manifest = {};
  for (const file of readdirSync(tmp).sort()) {
    const body = readFileSync(join(tmp, file));
    const hash = createHash("sha256").update(body).digest("hex").slice(0, 10);
    const name = `${basename(file, extname(file))}-${hash}${extname(file)}`;
    manifest[file] = name;
    writeFileSync(join("dist", name), body);
    writeFileSync(join("dist", name + ".gz"), gzipSync(body, { level: 9 }));
  }
  writeFileSync(join("dist", "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
} catch (problem) {
  console.error(problem.stdout?.toString() ?? "", problem.stderr?.toString() ?? problem);
  process.exitCode = 1;
} finally {
  rmSync(tmp, { recursive: true });
}
