package boot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"anpei/claim"
)

// Claimants were named by a plain hash of their phone, which a computer finds
// the number of in a second. This gives the rows of before their new names.
// Events keep the old ones: their hashes cover them.

// plainPseudonym is the form of the old names.
const plainPseudonym = `^phone:[0-9a-f]{32}$`

// namedClaimants are the columns that hold a claimant's name.
var namedClaimants = [][2]string{
	{"claims", "opened_by"},
	{"parties", "principal"},
	{"documents", "attached_by"},
	{"tasks", "closed_by"},
	{"surveys", "by_id"},
	{"offer_answers", "by_id"},
	{"agreements", "by_id"},
	{"clock_entries", "by_id"},
	{"refused_attempts", "by_id"},
	{"steps", "principal"},
	{"sessions", "principal"},
	{"uploads", "principal"},
	{"chunked_uploads", "principal"},
	{"drafts", "principal"},
	{"draft_papers", "principal"},
}

// renameClaimants is idempotent. A process of the release before does not know
// the new names: its claimants are not found until it is replaced, and what it
// writes meanwhile is renamed by the next api migrate.
func (c Config) renameClaimants(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended('rename claimants', 0))"); err != nil {
			return err
		}
		old := false
		for _, at := range namedClaimants {
			if err := tx.QueryRow(ctx, fmt.Sprintf("select $2 or exists (select from %s where %s ~ $1)", at[0], at[1]), plainPseudonym, old).Scan(&old); err != nil {
				return fmt.Errorf("look for old names in %s: %w", at[0], err)
			}
		}
		if !old {
			return nil
		}
		key, err := c.Pseudonyms()
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "select phone from parties where phone <> '' union select phone from sessions where phone <> ''")
		if err != nil {
			return fmt.Errorf("list phones: %w", err)
		}
		phones, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("list phones: %w", err)
		}
		if _, err := tx.Exec(ctx, "create temporary table renamed (was text primary key, is_now text not null, phone text not null) on commit drop"); err != nil {
			return err
		}
		names := claim.Pseudonyms{Key: key}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"renamed"}, []string{"was", "is_now", "phone"}, pgx.CopyFromSlice(len(phones), func(i int) ([]any, error) {
			return []any{plainlyNamed(phones[i]), string(names.Of(phones[i])), phones[i]}, nil
		})); err != nil {
			return fmt.Errorf("note the new names: %w", err)
		}
		for _, at := range namedClaimants {
			if _, err := tx.Exec(ctx, fmt.Sprintf("update %[1]s set %[2]s = r.is_now from renamed r where %[1]s.%[2]s = r.was", at[0], at[1])); err != nil {
				return fmt.Errorf("rename claimants in %s: %w", at[0], err)
			}
		}
		return renameInFiles(ctx, tx, phones, names)
	})
}

// renameInFiles renames those who acted in what workflows know of a claim.
func renameInFiles(ctx context.Context, tx pgx.Tx, phones []string, names claim.Pseudonyms) error {
	var b pgx.Batch
	for _, phone := range phones {
		b.Queue(`update claims set file = replace(file::text, $1, $2)::jsonb where id in (select claim_id from parties where phone = $3) and position($1 in file::text) > 0`,
			plainlyNamed(phone), string(names.Of(phone)), phone)
	}
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("rename claimants in files: %w", err)
	}
	return nil
}

// plainlyNamed is the old name of a phone.
func plainlyNamed(phone string) string {
	h := sha256.Sum256([]byte(phone))
	return claim.PhonePrefix + hex.EncodeToString(h[:16])
}
