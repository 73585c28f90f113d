package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"anpei/deploy/demo/play"
)

// demo is a run: the stack that it plays on, and the two processes of the
// product that it has started there.
type demo struct {
	*screen
	play.Stack

	env    map[string]string
	bin    string
	folder string // of the stack: logs go below it
	began  time.Time

	servers []*play.Server
	staff   map[string]person // who has signed in, by subject
}

// open looks where everything is; nothing is started.
func open(o options) (*demo, error) {
	env, err := play.ReadEnv(o.env)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s, so no local stack is up: make demo starts one, and so does .bin/local up --detach", o.env)
	}
	if err != nil {
		return nil, fmt.Errorf("read the stack's environment: %w", err)
	}
	listen := os.Getenv("ANPEI_LISTEN")
	if listen == "" {
		listen = "127.0.0.1:8080"
	}
	env["ANPEI_LISTEN"] = listen
	d := &demo{
		screen: newScreen(os.Stdout), Stack: play.NewStack("http://"+listen, env),
		env: env, bin: o.bin, folder: filepath.Dir(o.env), began: time.Now(), staff: map[string]person{},
	}
	return d, os.MkdirAll(filepath.Join(d.folder, "log"), 0o700)
}

func (d *demo) log(name string) string { return filepath.Join(d.folder, "log", name+".log") }

// start brings the database up to date and starts api and worker.
func (d *demo) start(ctx context.Context) error {
	if err := d.step("数据库升级，第一位管理员", "migrate, let the first admin in", func() (string, error) { return firstAdmin, d.migrate(ctx) }); err != nil {
		return err
	}
	return d.step("启动 api 与 worker", "start api and worker", func() (string, error) {
		if err := free(ctx, d.env["ANPEI_LISTEN"]); err != nil {
			return "", err
		}
		metrics, err := play.FreeAddress(ctx)
		if err != nil {
			return "", err
		}
		// Ready means that its pollers have started: only then does it answer here.
		worker, err := d.serve("worker", "ANPEI_METRICS_LISTEN", metrics)
		if err != nil {
			return "", err
		}
		api, err := d.serve("api")
		if err != nil {
			return "", err
		}
		if err := worker.Ready(ctx, "http://"+metrics+"/livez"); err != nil {
			return "", err
		}
		return d.API, api.Ready(ctx, d.API+"/readyz")
	})
}

// serve starts a program of ours, with settings of its own as pairs.
func (d *demo) serve(name string, own ...string) (*play.Server, error) {
	env := maps.Clone(d.env)
	for i := 0; i < len(own); i += 2 {
		env[own[i]] = own[i+1]
	}
	s, err := play.Start(name, d.log(name), env, filepath.Join(d.bin, name))
	if err == nil {
		d.servers = append(d.servers, s)
	}
	return s, err
}

func (d *demo) migrate(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, filepath.Join(d.bin, "api"), "migrate")
	cmd.Env = append(os.Environ(), "ANPEI_FIRST_ADMIN="+firstAdmin)
	for key, value := range d.env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// free tells plainly that somebody else listens where the API is to.
func free(ctx context.Context, address string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%s, where the API is to listen, is taken: stop what listens there, or name another address in ANPEI_LISTEN", address)
	}
	return l.Close()
}

// alive fails when a server of ours has ended.
func (d *demo) alive() error {
	for _, s := range d.servers {
		if err := s.Alive(); err != nil {
			return err
		}
	}
	return nil
}

// stop ends what start started, the last first.
func (d *demo) stop() error {
	var errs []error
	for len(d.servers) > 0 {
		last := d.servers[len(d.servers)-1]
		d.servers = d.servers[:len(d.servers)-1]
		if last.Alive() != nil { // whoever missed it has said so
			continue
		}
		errs = append(errs, d.step("停止 "+last.Name, "stop "+last.Name, func() (string, error) { return "", last.Stop() }))
	}
	return errors.Join(errs...)
}
