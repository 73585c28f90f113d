package site

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
)

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

func readAssets(built fs.FS) (assets, error) {
	a := assets{names: map[string]string{}, files: map[string]asset{}}
	manifest, err := fs.ReadFile(built, "manifest.json")
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
		body, err := fs.ReadFile(built, name)
		if err != nil {
			return a, fmt.Errorf("read a built file: %w", err)
		}
		zipped, err := fs.ReadFile(built, name+".gz")
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

// ServiceWorker serves the worker that keeps the surveyor's pages on the phone:
// what was built, behind the list of the files that it keeps. Any other release
// is another script, which a browser then installs.
func ServiceWorker(v *Visit) error {
	a := v.site.assets
	keep := []string{}
	for _, name := range slices.Sorted(maps.Keys(a.names)) {
		if name != "surveyor-worker.js" && (strings.HasPrefix(name, "surveyor") || strings.HasPrefix(name, "app") || strings.HasPrefix(name, "icon")) {
			keep = append(keep, a.address(name))
		}
	}
	list, err := json.Marshal(keep)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	script := a.files[a.names["surveyor-worker.js"]].body
	if script == nil { // nothing was built
		return NotFound
	}
	v.W.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	v.W.Header().Set("Cache-Control", "no-cache")
	_, _ = fmt.Fprintf(v.W, "self.anpeiFiles=%s;\n%s", list, script) // whoever has left is not told
	return nil
}
