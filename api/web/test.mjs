// Runs the tests that stand beside islands, as *.test.ts, with node's own runner.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

process.chdir(dirname(fileURLToPath(import.meta.url)));
const tmp = mkdtempSync(join(tmpdir(), "anpei-islands-"));
try {
  const tests = readdirSync("islands", { recursive: true }).filter((name) => name.endsWith(".test.ts")).map((name) => join("islands", name));
  await build({ entryPoints: tests, outdir: tmp, bundle: true, platform: "node", format: "esm", outExtension: { ".js": ".mjs" }, logLevel: "warning" });
  execFileSync(process.execPath, ["--test", tmp], { stdio: "inherit" });
} catch {
  process.exitCode = 1;
} finally {
  rmSync(tmp, { recursive: true });
}
