package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
)

const (
	evidenceBucket = "anpei-evidence"
	stagingBucket  = "anpei-staging"
	previewBucket  = "anpei-previews"

	// minioModule is the last open version; it must stay behind the API.
	minioModule = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
)

// minio starts the object store and sees to it that the buckets exist. Only
// evidence is locked: a lock comes with versioning, where removing a piece of
// an upload would only hide it. There is no default retention, since the
// product sets it per object.
func (s *stack) minio(ctx context.Context) error {
	key, secret := s.s3Credentials()
	store, err := minio.New(s.addr("minio"), &minio.Options{Creds: credentials.NewStaticV4(key, secret, "")})
	if err != nil {
		return err
	}
	if s.given["minio"] == "" {
		if err := s.startMinio(ctx); err != nil {
			return err
		}
		// Its health checks succeed before requests do.
		err := poll(ctx, func(ctx context.Context) error {
			_, err := store.ListBuckets(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	for bucket, locked := range map[string]bool{evidenceBucket: true, stagingBucket: false, previewBucket: false} {
		exists, err := store.BucketExists(ctx, bucket)
		if err != nil {
			return fmt.Errorf("look for bucket %s: %w", bucket, err)
		}
		if exists {
			continue
		}
		if err := store.MakeBucket(ctx, bucket, minio.MakeBucketOptions{ObjectLocking: locked}); err != nil {
			return fmt.Errorf("create bucket %s: %w", bucket, err)
		}
	}
	// What is made of photos of a draft goes with them; of one that was thrown
	// away while it was read, or taken along by a claim, some may be left.
	drafts := lifecycle.NewConfiguration()
	drafts.Rules = []lifecycle.Rule{{ID: "drafts", Status: "Enabled", RuleFilter: lifecycle.Filter{Prefix: "drafts/"}, Expiration: lifecycle.Expiration{Days: 8}}}
	if err := store.SetBucketLifecycle(ctx, previewBucket, drafts); err != nil {
		return fmt.Errorf("set how long bucket %s keeps what is a draft's: %w", previewBucket, err)
	}
	// A given store may have the bucket without its lock.
	lock, _, _, _, err := store.GetObjectLockConfig(ctx, evidenceBucket)
	if err != nil {
		return fmt.Errorf("read lock of bucket %s: %w", evidenceBucket, err)
	}
	if lock != "Enabled" {
		return fmt.Errorf("bucket %s has no object lock", evidenceBucket)
	}
	return nil
}

func (s *stack) s3Credentials() (key, secret string) {
	if s.given["minio"] != "" {
		return os.Getenv("ANPEI_S3_ACCESS_KEY"), os.Getenv("ANPEI_S3_SECRET_KEY")
	}
	return s.secrets.S3Key, s.secrets.S3Secret
}

func (s *stack) startMinio(ctx context.Context) error {
	p, err := s.minioProcess()
	if err != nil {
		return err
	}
	return s.spawn(ctx, p)
}

func (s *stack) minioProcess() (process, error) {
	program, err := minioProgram()
	if err != nil {
		return process{}, err
	}
	return process{
		name: "minio", program: program, stop: syscall.SIGTERM,
		args: []string{
			"server", s.folder.join("minio"), "--address", s.addr("minio"),
			"--certs-dir", s.folder.join("certs"), // not in the home
		},
		env: []string{
			"MINIO_ROOT_USER=" + s.secrets.S3Key,
			"MINIO_ROOT_PASSWORD=" + s.secrets.S3Secret,
			"MINIO_BROWSER=off",
			"MINIO_UPDATE=off", // no calls home
		},
	}, nil
}

func minioProgram() (string, error) {
	if path := os.Getenv("ANPEI_MINIO"); path != "" {
		return path, nil
	}
	if path, err := exec.LookPath("minio"); err == nil {
		return path, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), "minio")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("no minio in ANPEI_MINIO, on the PATH or beside local; install it with GOBIN=%s go install %s",
			filepath.Dir(self), minioModule)
	}
	return path, nil
}
