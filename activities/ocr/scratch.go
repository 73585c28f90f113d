package ocr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Scratch makes a folder for the files that this process has in hand: copies of
// papers, their previews, models made ready. It first removes the folders of
// processes that have ended without removing theirs, as when they were killed:
// each holds a lock on its own (flock), which ends with the process. All lie in
// a folder in parent that only this user may enter. Call free when nothing more
// is read.
func Scratch(ctx context.Context, parent string) (folder string, free func(), err error) {
	ours := filepath.Join(parent, "anpei-reader-"+strconv.Itoa(os.Getuid()))
	all, err := locked(ours, 0) // so that no other process takes what we have just made for an abandoned one
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for files in hand: %w", err)
	}
	defer all.Close() //nolint:errcheck // nothing was written
	if err := abandoned(ctx, ours, all); err != nil {
		return "", nil, fmt.Errorf("remove what killed processes left in %s: %w", ours, err)
	}
	folder, err = os.MkdirTemp(ours, "process-*")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for files in hand: %w", err)
	}
	lock, err := locked(folder, unix.LOCK_NB)
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for files in hand: %w", err)
	}
	return folder, func() { _ = errors.Join(os.RemoveAll(folder), lock.Close()) }, nil
}

// abandoned removes the folders in ours on which no process has a lock.
func abandoned(ctx context.Context, ours string, all *os.File) error {
	entries, err := all.ReadDir(-1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(ours, e.Name())
		lock, err := locked(path, unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			continue
		}
		if err == nil {
			_ = lock.Close()
		}
		if err := os.RemoveAll(path); err != nil {
			return err
		}
		slog.InfoContext(ctx, "removed what a killed process left", "folder", path)
	}
	return nil
}

// locked opens a folder of ours, which is made if there is none, and locks it
// until it is closed.
func locked(path string, how int) (*os.File, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0) //nolint:gosec // a folder of ours, as is checked
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); !ok || int(owner.Uid) != os.Getuid() || info.Mode().Perm()&0o077 != 0 {
			err = fmt.Errorf("%s belongs to another user, or others may enter it", path)
		}
	}
	if err == nil {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|how)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
