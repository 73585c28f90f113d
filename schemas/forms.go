// Package schemas embeds what is written as data: rule tables in forms, and who
// may do what in policies. The contracts of HTTP and of the database, with the
// code made of them, are the packages below it.
package schemas

import (
	"embed"
	"encoding/json"
	"fmt"
)

//go:embed forms/*.json
var forms embed.FS

// Table is a dated, versioned table of rules: authority, lanes, the checklists
// of papers, the calendar, transfers, and the texts of messages and letters. A migration adds it to the database, where a decision
// finds the one in force and records its version; nothing reads it from here to
// decide.
type Table struct {
	Kind          string          // authority, lanes, checklists, calendar, transfers, sms, letters
	Version       string          // unique for the kind
	EffectiveFrom string          // date, 2006-01-02
	Body          json.RawMessage // what package claim decodes
}

// Tables returns the tables that come with this release. Each file is named
// forms/<kind>.json and carries its own version and effective_from.
func Tables() []Table {
	var tables []Table
	for _, kind := range []string{"authority", "calendar", "checklists", "lanes", "letters", "sms", "transfers"} {
		body, err := forms.ReadFile("forms/" + kind + ".json")
		if err != nil {
			panic(err) // embedded above
		}
		var head struct {
			Version       string `json:"version"`
			EffectiveFrom string `json:"effective_from"`
		}
		if err := json.Unmarshal(body, &head); err != nil || head.Version == "" || head.EffectiveFrom == "" {
			panic(fmt.Sprintf("%s.json: want version and effective_from: %v", kind, err))
		}
		tables = append(tables, Table{Kind: kind, Version: head.Version, EffectiveFrom: head.EffectiveFrom, Body: body})
	}
	return tables
}
