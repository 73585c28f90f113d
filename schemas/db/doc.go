// Package db is the database's contract: migrations, and the queries that sqlc
// turns into typed Go. Everything else here is generated; edit the .sql and run
// make generate.
package db

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the goose migrations, forward only.
func Migrations() fs.FS {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return dir
}
