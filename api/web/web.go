// Package web is the pages that claimants, surveyors and the desk use. It is a
// client of our own contract: what a page shows or sends goes through the /v1
// API in process, as the visitor, and so through the same checks, policies and
// logs as everybody's requests. It reads no row and decides nothing.
//
// A page is a template, a route and a function on [site.Visit], and stands with
// its words in the folder of its audience.
package web

import (
	"embed"
	"io/fs"
	"sync"

	"anpei/api/web/admin"
	"anpei/api/web/claimant"
	"anpei/api/web/desk"
	"anpei/api/web/site"
	"anpei/api/web/surveyor"
)

// What build.mjs makes of styles and islands. A clone in which nothing was
// built yet has an empty folder: it compiles, and its pages have no styles.
//
//go:embed all:dist
var built embed.FS

// parts are read once a process.
var parts = sync.OnceValues(func() (site.Parts, error) {
	files, err := fs.Sub(built, "dist")
	if err != nil {
		return site.Parts{}, err
	}
	return site.ReadParts(files, claimant.Files, desk.Files, surveyor.Files, admin.Files)
})

// New prepares the pages of all audiences.
func New(o site.Options) (*site.Site, error) {
	p, err := parts()
	if err != nil {
		return nil, err
	}
	return site.New(o, p, claimant.Routes, desk.Routes, surveyor.Routes, admin.Routes)
}
