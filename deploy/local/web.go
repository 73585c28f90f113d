package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/sdk/converter"

	// The product's own file, linked into this module: to require the product
	// would raise OpenTelemetry beyond what the Temporal server compiles with.
	"anpei/deploy/local/codec"
)

// ui serves Temporal's pages. The pages let the browser, not the server, ask
// the codec endpoint for what is encrypted.
func (s *stack) ui(ctx context.Context) error {
	ui := uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		Host:                "127.0.0.1",
		Port:                s.ports["ui"],
		EnableUI:            true,
		TemporalGRPCAddress: s.addr("temporal"),
		DefaultNamespace:    namespace,
		Codec:               uiconfig.Codec{Endpoint: s.url("codec")},
		CORS:                uiconfig.CORS{CookieInsecure: true}, // plain HTTP
		DisableNewsFetch:    true,
		HideLogs:            true,
	}))
	go func() { _ = ui.Start() }() // ends the process if it cannot listen
	s.started("ui", 0, ui.Stop)
	return answers(ctx, s.url("ui")+"/healthz")
}

// codec serves the product's payload codec to Temporal's pages, and to no
// other: it decrypts whatever it is given.
func (s *stack) codec(ctx context.Context) error {
	payloads, err := codec.New(s.secrets.CodecKey)
	if err != nil {
		return err
	}
	ui := s.ports["ui"]
	server := &http.Server{
		Handler: forPages(converter.NewPayloadCodecHTTPHandler(payloads),
			"http://"+address(ui), fmt.Sprintf("http://localhost:%d", ui)),
		ReadHeaderTimeout: 10 * time.Second,
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr("codec"))
	if err != nil {
		return err
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.die(fmt.Errorf("codec stopped by itself: %w", err))
		}
	}()
	s.started("codec", 0, func() { _ = server.Close() })
	return nil
}

// forPages lets a browser use the handler from pages of the given origins, and
// refuses it from others.
func forPages(h http.Handler, origins ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			if !slices.Contains(origins, origin) {
				http.Error(w, "origin not allowed", http.StatusForbidden)
				return
			}
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Methods", http.MethodPost)
			w.Header().Set("Access-Control-Allow-Headers", strings.Join([]string{"Authorization", "Content-Type", "X-Namespace"}, ", "))
			w.Header().Set("Vary", "Origin")
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.ServeHTTP(w, r)
	})
}
