package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
)

// What build.mjs makes of styles and islands. A clone in which nothing was
// built yet has an empty folder: it compiles, and its pages have no styles.
//
//go:embed all:dist
var built embed.FS

// assets are the built files. Their names hold a hash of their contents, so
// that a browser keeps each as long as it likes.
type assets struct {
	names map[string]string // app.css: app-3f2a91c0.css
	files map[string]asset  // by the name with the hash
}

type asset struct {
	body, zipped []byte
	kind         string
}

func readAssets() (assets, error) {
	a := assets{names: map[string]string{}, files: map[string]asset{}}
	manifest, err := built.ReadFile("dist/manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err == nil {
		err = json.Unmarshal(manifest, &a.names)
	}
	if err != nil {
		return a, fmt.Errorf("read the list of built files: %w", err)
	}
	for _, name := range a.names {
		body, err := built.ReadFile("dist/" + name)
		if err != nil {
			return a, fmt.Errorf("read a built file: %w", err)
		}
		zipped, err := built.ReadFile("dist/" + name + ".gz")
		if err != nil {
			return a, fmt.Errorf("read a built file: %w", err)
		}
		a.files[name] = asset{body, zipped, mime.TypeByExtension(path.Ext(name))}
	}
	return a, nil
}

// address is where a file is served: {{asset "app.css"}}.
func (a assets) address(name string) string {
	if hashed, ok := a.names[name]; ok {
		name = hashed
	}
	return "/assets/" + name
}

// ServeHTTP implements [http.Handler].
func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := file.body
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = file.zipped
	}
	_, _ = w.Write(body)
}

func takesGzip(r *http.Request) bool {
	return slices.ContainsFunc(strings.Split(r.Header.Get("Accept-Encoding"), ","), func(one string) bool {
		name, weight, _ := strings.Cut(strings.TrimSpace(one), ";")
		return name == "gzip" && strings.TrimSpace(weight) != "q=0"
	})
}
