package site

import (
	"cmp"
	"net/http"

	"anpei/schemas/rest"
)

// Heard is what a page knows already, so that nothing falls between its being
// drawn and its stream: the number of the last event, or a time.
func (v *Visit) Heard() string {
	return cmp.Or(v.R.Header.Get("Last-Event-ID"), v.R.URL.Query().Get("after"))
}

// FollowClaim tells the page that its claim has changed.
func FollowClaim(v *Visit) error {
	return v.follow(v.API.StreamClaim(v.Ctx(), v.R.PathValue("claim"), &rest.StreamClaimParams{LastEventID: v.Heard(), Once: v.R.URL.Query().Has("once")}))
}

// FollowTasks tells the page that the worklist has changed.
func FollowTasks(v *Visit) error {
	return v.follow(v.API.StreamTasks(v.Ctx(), &rest.StreamTasksParams{LastEventID: v.Heard()}))
}

// follow passes server-sent events on as they come.
func (v *Visit) follow(response *http.Response, err error) error {
	if err != nil {
		return Unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK { // the browser gives up, and the page asks now and then
		v.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	v.W.WriteHeader(http.StatusOK)
	conn, part := http.NewResponseController(v.W), make([]byte, 8<<10)
	_ = conn.Flush()
	for {
		n, err := response.Body.Read(part)
		if n > 0 {
			if _, err := v.W.Write(part[:n]); err != nil {
				return nil // whoever has left is not told
			}
			_ = conn.Flush()
		}
		if err != nil {
			return nil // between two events; the browser comes again
		}
	}
}
