package access

import (
	"context"
	"crypto/sha256"

	"github.com/labstack/echo/v4"

	"anpei/api/contract"
	"anpei/internal/boot"
	"anpei/schemas/db"
)

// Call is what is known of a request as it passes: who asks for what, and,
// once the policy has allowed it, the claim that it is about.
type Call struct {
	Request string // its id
	IP      string
	Op      *contract.Operation
	Who     Caller
	Claim   *Claim // where the path names a claim, or a task of one

	Repeated bool                        // not allowed today, but carried out before: its answer is given, and nobody acts
	Again    func(context.Context) error // asks once more who this is and whether they may

	token    [sha256.Size]byte // hash of the token that was sent
	provider bool              // the token is the identity provider's, not a session's
	task     *db.TaskSeenRow
}

type callKey struct{}

// CallOf returns the call that a context belongs to.
func CallOf(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	if c == nil {
		return &Call{}
	}
	return c
}

// With returns a context of a call.
func With(ctx context.Context, at *Call) context.Context {
	return context.WithValue(ctx, callKey{}, at)
}

// CallerOf returns who asks.
func CallerOf(ctx context.Context) Caller { return CallOf(ctx).Who }

// RequestOf returns the request id, under which a refusal is logged.
func RequestOf(ctx context.Context) string { return CallOf(ctx).Request }

// ClaimOf returns the claim that the path names, itself or through one of its
// tasks: it exists, and the caller may do to it what is asked.
func ClaimOf(ctx context.Context) *Claim { return CallOf(ctx).Claim }

// Admit lets a request through to its operation: known caller, well-formed,
// and allowed by the policy, in this order.
func (a *Control) Admit(op *contract.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			contract.Bound(c, op)
			if op.Public || op.ID == "OpenStaffSession" { // its answer is a secret, or about one
				c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
			}
			at := CallOf(r.Context())
			at.Op = op
			who, err := a.authenticate(r.Context(), r, op)
			if err != nil {
				return err
			}
			at.Who = who
			if err := contract.Received(r.Context(), c, op); err != nil {
				return err
			}
			if err := a.decide(r.Context(), c, at); err != nil {
				return err
			}
			if op.Upload || op.Table {
				boot.Uploading(r.Context())
			}
			at.Again = func(ctx context.Context) (err error) {
				if at.Who, err = a.authenticate(ctx, r, op); err != nil {
					return err
				}
				return a.decide(ctx, c, at)
			}
			return next(c)
		}
	}
}
