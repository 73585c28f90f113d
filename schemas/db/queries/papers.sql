-- Papers of a claim, beyond what its file counts.

-- name: SentBy :one
-- How many papers of a claim are one sender's.
select count(*)::int from documents where claim_id = $1 and attached_by = $2;

-- name: AwaitingDocuments :many
-- The next papers that are to be read, in order of arrival.
select id, kind from documents
where claim_id = $1 and awaiting and id <> all(sqlc.arg(but)::uuid[]) order by number limit sqlc.arg(count);

-- name: LastOfKind :one
-- Numbers of the last papers of a kind that could be read and that could not.
select coalesce(max(number) filter (where state in ('read', 'unsure', 'confirmed')), 0)::int as good,
    coalesce(max(number) filter (where state = 'unreadable'), 0)::int as bad
from documents where claim_id = $1 and kind = $2 and not extra and id <> sqlc.arg(without)::uuid;

-- name: TurnExtra :exec
-- Papers that did not count for a claim do now, or the other way round: it has
-- come to another person.
update documents set extra = not extra where claim_id = $1 and id = any(sqlc.arg(papers)::uuid[]);

-- name: OwnPaper :exec
-- A paper counts for the claim, as the kind that who speaks for it calls it.
update documents set extra = false, kind = $2, state = $3, awaiting = sqlc.arg(awaiting) where id = $1;

-- name: Arrivals :many
-- Papers of some kinds, and some by their ids, in order of arrival.
select id, kind, number, asked, state, extra, attached_at from documents
where claim_id = $1 and (kind = any(sqlc.arg(kinds)::text[]) or id = any(sqlc.arg(named)::uuid[])) order by number;

-- name: LegibleOfKind :many
select id from documents where claim_id = $1 and kind = $2 and state <> 'unreadable' order by number;

-- name: DocumentsOfClaim :many
select id from documents where claim_id = $1 and id = any(sqlc.arg(ids)::uuid[]);

-- name: PapersByKind :many
-- The papers of a claim as its list counts them, with the ids of the first few
-- of those that count alike.
select kind, asked, state, extra, count(*)::int as papers, (array_agg(id::text order by number))[1:20]::text[] as ids
from documents where claim_id = $1 group by kind, asked, state, extra order by kind, asked, extra, state;
