// Package boot holds what the two mains share: the one Config, and the dialing
// of PostgreSQL, Temporal and the object store with their telemetry.
package boot

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// Config is everything that a process takes from its environment. It is read
// once, in main; no workflow ever sees it. Temporal's own address, namespace
// and TLS come through TEMPORAL_* as every Temporal tool reads them.
type Config struct {
	// Listen is the API's address. Loopback by default: a proxy stands before it.
	Listen string `env:"ANPEI_LISTEN" envDefault:"127.0.0.1:8080"`
	// MetricsListen is where a process serves /metrics and /livez, apart from
	// everybody's requests: for the operators' network alone. Empty: nowhere.
	MetricsListen string `env:"ANPEI_METRICS_LISTEN"`
	// BodyWithin is how long head and body of a request may take that is no
	// upload, and how long each UploadPace bytes of an upload or of an answer may.
	BodyWithin time.Duration `env:"ANPEI_BODY_WITHIN" envDefault:"30s"`
	// UploadPace is the slowest upload that is waited for, in bytes in each
	// BodyWithin: 16 KiB in 30 s is a phone at the edge of a cell.
	UploadPace int `env:"ANPEI_UPLOAD_PACE" envDefault:"16384"`
	// TracesTo is an OpenTelemetry collector, as http://127.0.0.1:4318. Empty:
	// nothing is traced, and no claim pays for it.
	TracesTo string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	// LogLevel is debug, info, warn or error.
	LogLevel slog.Level `env:"ANPEI_LOG_LEVEL" envDefault:"info"`
	// GarbagePercent is Go's GOGC. What lives in a process of ours is some 20 MB:
	// collecting it half as often keeps a claim's status as quick as a bare
	// server's, and what it costs stays below 32 MB while uploads come in (make
	// bench, P4 and P5).
	GarbagePercent int `env:"GOGC" envDefault:"200"`

	// Three roles of one database: owner migrates, api reads claims, worker writes them.
	DBOwner  Secret `env:"ANPEI_DB_OWNER"`
	DBAPI    Secret `env:"ANPEI_DB_API"`
	DBWorker Secret `env:"ANPEI_DB_WORKER"`
	// DBConns bounds a process's pool. 24 keeps two processes under PostgreSQL's default 100.
	DBConns int32 `env:"ANPEI_DB_CONNS" envDefault:"24"`

	// CodecKey is 32 bytes in base64; what passes Temporal is sealed with it.
	CodecKey Secret `env:"ANPEI_CODEC_KEY"`

	// PseudonymKey is 32 bytes in base64; claimants are named by their phones'
	// HMAC under it. It stays as long as the database: with another key claimants
	// lose their claims, and with the key and the rows their numbers are found.
	PseudonymKey Secret `env:"ANPEI_PSEUDONYM_KEY"`

	S3Endpoint  string `env:"ANPEI_S3_ENDPOINT"` // host:port
	S3AccessKey Secret `env:"ANPEI_S3_ACCESS_KEY"`
	S3SecretKey Secret `env:"ANPEI_S3_SECRET_KEY"`
	S3TLS       bool   `env:"ANPEI_S3_TLS" envDefault:"false"`
	Bucket      string `env:"ANPEI_S3_BUCKET" envDefault:"anpei-evidence"` // locked and versioned
	Staging     string `env:"ANPEI_S3_STAGING" envDefault:"anpei-staging"` // unlocked
	// Previews holds what can be made again: pictures of the pages of what is in the other two. Unlocked.
	Previews string `env:"ANPEI_S3_PREVIEWS" envDefault:"anpei-previews"`

	BankURL   string `env:"ANPEI_BANK_URL"`
	BankToken Secret `env:"ANPEI_BANK_TOKEN"`
	OutboxURL string `env:"ANPEI_OUTBOX_URL"` // SMS and mail gateway
	Issuer    string `env:"ANPEI_OIDC_ISSUER"`
	// FirstAdmin is the subject whom api migrate makes administrator of an
	// installation without staff; somebody must let the others in.
	FirstAdmin string `env:"ANPEI_FIRST_ADMIN"`
	// Audience that staff tokens must carry.
	Audience string `env:"ANPEI_OIDC_AUDIENCE" envDefault:"anpei"`

	// Client is the pages' own name at the identity provider, which sends
	// people back to <Origin>/signin/callback; ClientSecret, if it has one.
	Client       string `env:"ANPEI_OIDC_CLIENT" envDefault:"anpei-desk"`
	ClientSecret Secret `env:"ANPEI_OIDC_CLIENT_SECRET"`
	// Origin is where browsers reach the pages, as https://claims.example.com;
	// messages link there. Empty: on this machine only, at whatever port, and
	// messages link to Listen.
	Origin string `env:"ANPEI_ORIGIN"`

	// ServeClaims lets the api process poll the claims queue itself, for
	// benches and laptops. Off by default: it gives the web tier the writer's
	// credentials.
	ServeClaims bool `env:"ANPEI_API_SERVES_CLAIMS" envDefault:"false"`
	// Pollers of each kind for a queue. 16 instead of 2 is worth a quarter of the throughput.
	Pollers int `env:"ANPEI_POLLERS" envDefault:"16"`
	// Workflows kept in memory between tasks.
	StickyCache int `env:"ANPEI_STICKY_CACHE" envDefault:"2000"`
	// PageReaders is how many pages a worker reads at once; each is a process of one core.
	PageReaders int `env:"ANPEI_PAGE_READERS" envDefault:"2"`
	// OCRModels is the folder of the OCR models and the library that runs them
	// (deploy/models.sh); empty: "ocr" beside the worker. Without them papers are
	// read by Tesseract alone.
	OCRModels string `env:"ANPEI_OCR_MODELS"`
	// Insurer's name and address as its letters are signed, in Chinese and in
	// English (empty: as in Chinese), and the telephone number that messages and
	// letters give, as it is dialled.
	InsurerName      string `env:"ANPEI_INSURER_NAME"`
	InsurerNameEN    string `env:"ANPEI_INSURER_NAME_EN"`
	InsurerAddress   string `env:"ANPEI_INSURER_ADDRESS"`
	InsurerAddressEN string `env:"ANPEI_INSURER_ADDRESS_EN"`
	InsurerHotline   string `env:"ANPEI_INSURER_HOTLINE"`
	// FontFile prints Chinese into letters; empty takes Debian's fonts-droid-fallback.
	FontFile string `env:"ANPEI_FONT" envDefault:"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"`
}

// Secret is a value that no log shows.
type Secret string

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value {
	if s == "" {
		return slog.StringValue("(empty)")
	}
	return slog.StringValue("(set)")
}

// String keeps a secret out of %v too.
func (s Secret) String() string { return s.LogValue().String() }

// Read takes the Config from the environment.
func Read() (Config, error) {
	c, err := env.ParseAs[Config]()
	if err != nil {
		return Config{}, fmt.Errorf("read the environment: %w", err)
	}
	return c, nil
}

// LogValue implements [slog.LogValuer]: every setting, secrets redacted.
func (c Config) LogValue() slog.Value {
	v, t := reflect.ValueOf(c), reflect.TypeFor[Config]()
	attrs := make([]slog.Attr, 0, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("env"), ",")
		attrs = append(attrs, slog.Any(name, v.Field(i).Interface()))
	}
	return slog.GroupValue(attrs...)
}
