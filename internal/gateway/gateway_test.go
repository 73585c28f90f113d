package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"anpei/internal/gateway"
)

func TestAMessageIsHandedOverOrAnErrorSaysThatItMayNotBe(t *testing.T) {
	t.Parallel()
	m := gateway.Message{ID: "m1", Channel: "sms", To: "13800000001", Body: "您的验证码是 123456。"}
	var got gateway.Message
	status := http.StatusCreated
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/messages" || json.NewDecoder(r.Body).Decode(&got) != nil {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		w.WriteHeader(status)
	}))
	defer there.Close()
	g := gateway.Gateway{URL: there.URL, Client: there.Client()}
	require.NoError(t, g.Send(t.Context(), m))
	require.Equal(t, m, got)
	status = http.StatusServiceUnavailable
	require.ErrorContains(t, g.Send(t.Context(), m), "answered 503")
	there.Close()
	require.ErrorContains(t, g.Send(t.Context(), m), "send message m1")
}
