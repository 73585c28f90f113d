package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
)

// Problem is an RFC 9457 problem document; More holds further members.
type Problem struct {
	Status int
	Type   string // last part of the path /problems/…
	Detail string
	More   map[string]any
}

func (p Problem) Write(w http.ResponseWriter) {
	body := map[string]any{
		"type":   "/problems/" + p.Type,
		"title":  http.StatusText(p.Status),
		"status": p.Status,
		"detail": p.Detail,
	}
	maps.Copy(body, p.More)
	w.Header().Set("Content-Type", "application/problem+json")
	WriteJSON(w, p.Status, body)
}

// WriteJSON answers with v, as plain JSON unless the header says what else.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	if h := w.Header(); h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client left
}

// ReadJSON decodes the one JSON value of the body, all fields known, or
// answers with a problem and returns false. most is the largest body in bytes.
func ReadJSON(w http.ResponseWriter, r *http.Request, most int64, v any) bool {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		Problem{Status: http.StatusUnsupportedMediaType, Type: "not-json", Detail: "send Content-Type: application/json"}.Write(w)
		return false
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	body.DisallowUnknownFields()
	err := body.Decode(v)
	if err == nil {
		if _, err = body.Token(); errors.Is(err, io.EOF) {
			return true
		}
		err = errors.New("there is more than one JSON value")
	}
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		Problem{Status: http.StatusRequestEntityTooLarge, Type: "too-large", Detail: fmt.Sprintf("the body is larger than %d bytes", most)}.Write(w)
		return false
	}
	Problem{Status: http.StatusBadRequest, Type: "bad-json", Detail: err.Error()}.Write(w)
	return false
}
