package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// clusters is where a cluster lives when PostgreSQL's user cannot reach the
// data folder: it must not run as root, and root's home is closed to others.
const clusters = "/var/lib/anpei-local"

// settings are those of a server for one user and for measurements: nothing
// that weakens durability, and as many connections as Temporal's four services
// may open (20 each, for each of two stores) beside the product's.
var settings = []string{
	"listen_addresses=127.0.0.1",
	"unix_socket_directories=",
	"max_connections=300",
	"shared_buffers=256MB",
	"jit=off",
	"timezone=UTC",
	"log_timezone=UTC",
}

// postgres starts the server and sees to it that roles and databases exist.
func (s *stack) postgres(ctx context.Context) error {
	if s.given["postgres"] == "" {
		if err := s.startPostgres(ctx); err != nil {
			return err
		}
	}
	var conn *pgx.Conn
	err := poll(ctx, func(ctx context.Context) (err error) {
		conn, err = pgx.Connect(ctx, s.database("postgres", s.admin.User))
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()

	// The passwords are set on every start, as a given server may know other
	// ones. They are base32, so they need no escaping.
	for role, password := range map[string]string{
		"anpei_owner":  s.secrets.Owner,
		"anpei_api":    s.secrets.API,
		"anpei_worker": s.secrets.Worker,
		"temporal":     s.secrets.Temporal,
	} {
		err := create(ctx, conn, "SELECT FROM pg_roles WHERE rolname = $1", role, "CREATE ROLE "+role)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, fmt.Sprintf("ALTER ROLE %s LOGIN PASSWORD '%s'", role, password)); err != nil {
			return fmt.Errorf("set password of %s: %w", role, err)
		}
	}
	for database, owner := range map[string]string{
		"anpei":               "anpei_owner",
		"temporal":            "temporal",
		"temporal_visibility": "temporal",
	} {
		err := create(ctx, conn, "SELECT FROM pg_database WHERE datname = $1", database,
			fmt.Sprintf("CREATE DATABASE %s OWNER %s TEMPLATE template0 ENCODING 'UTF8'", database, owner))
		if err != nil {
			return err
		}
	}
	return nil
}

// create runs the statement unless the query finds the name.
func create(ctx context.Context, conn *pgx.Conn, query, name, statement string) error {
	switch err := conn.QueryRow(ctx, query, name).Scan(); {
	case err == nil:
		return nil
	case !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("look for %s: %w", name, err)
	}
	if _, err := conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	return nil
}

// database returns the URL of a database for the user.
func (s *stack) database(name string, user *url.Userinfo) string {
	u := *s.admin
	u.User, u.Path = user, "/"+name
	return u.String()
}

func (s *stack) startPostgres(ctx context.Context) error {
	p, err := s.postgresProcess(ctx)
	if err != nil {
		return err
	}
	return s.spawn(ctx, p)
}

// postgresProcess is the server on its cluster, which it creates on the first
// start.
func (s *stack) postgresProcess(ctx context.Context) (process, error) {
	bin, err := postgresBin()
	if err != nil {
		return process{}, err
	}
	as, err := notRoot()
	if err != nil {
		return process{}, err
	}
	cluster, err := s.cluster(ctx, bin, as)
	if err != nil {
		return process{}, err
	}
	args := []string{"-D", cluster, "-p", strconv.Itoa(s.ports["postgres"])}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return process{
		name: "postgres", program: filepath.Join(bin, "postgres"), args: args, dir: cluster, as: as,
		stop: syscall.SIGINT, // a fast shutdown; SIGTERM would wait for clients
	}, nil
}

// cluster returns the folder of the cluster, and creates it on the first start.
func (s *stack) cluster(ctx context.Context, bin string, as *syscall.Credential) (string, error) {
	link := s.folder.join("postgres")
	if _, err := os.Lstat(link); !errors.Is(err, fs.ErrNotExist) {
		return filepath.EvalSymlinks(link)
	}
	path := link
	if as != nil && !reaches(ctx, as, s.folder.path) {
		path = filepath.Join(clusters, strings.ToLower(rand.Text()))
		if err := os.MkdirAll(clusters, 0o755); err != nil {
			return "", err
		}
	}

	// Built under another name, so that what is there under its own is whole.
	next := path + ".new"
	if err := os.RemoveAll(next); err != nil {
		return "", err
	}
	if err := os.Mkdir(next, 0o700); err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(next) }() // nothing is left of it once renamed
	password := path + ".password"
	defer func() { _ = os.Remove(password) }()
	if err := os.WriteFile(password, []byte(s.secrets.Admin), 0o600); err != nil {
		return "", err
	}
	if as != nil {
		for _, path := range []string{next, password} {
			if err := os.Chown(path, int(as.Uid), int(as.Gid)); err != nil {
				return "", err
			}
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", next, "-U", s.admin.User.Username(), "--pwfile", password,
		"--auth", "scram-sha-256", "--data-checksums", "--encoding", "UTF8", "--locale", "C.UTF-8")
	cmd.Dir = next
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, text)
	}
	if err := os.Rename(next, path); err != nil {
		return "", err
	}
	if path != link {
		if err := os.Symlink(path, link); err != nil {
			return "", err
		}
	}
	return path, nil
}

// postgresBin returns the folder of PostgreSQL's programs, which Debian keeps
// off the PATH.
func postgresBin() (string, error) {
	const debian = "/usr/lib/postgresql/15/bin"
	if _, err := os.Stat(filepath.Join(debian, "initdb")); err == nil {
		return debian, nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("PostgreSQL 15 is neither in %s nor on the PATH: install it, or name a running server in ANPEI_POSTGRES_ADMIN", debian)
	}
	return filepath.Dir(path), nil
}

// notRoot returns the user that PostgreSQL runs as if we are root, and nil if
// it can run as ourselves.
func notRoot() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("a user for PostgreSQL, which must not run as root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("uid of %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("gid of %s: %w", u.Username, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// reaches reports whether the user can enter the folder.
func reaches(ctx context.Context, as *syscall.Credential, path string) bool {
	cmd := exec.CommandContext(ctx, "test", "-x", path)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	return cmd.Run() == nil
}
