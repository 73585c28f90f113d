package rest

import _ "embed" // for Source

// Source is openapi.yaml as it was written, comments and all.
//
//go:embed openapi.yaml
var Source []byte
