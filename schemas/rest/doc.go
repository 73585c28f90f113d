// Package rest is the REST contract: openapi.yaml, written by hand, and what
// oapi-codegen makes of it. Handlers implement [StrictServerInterface];
// [GetSpec] gives the contract back for validation. Schemas that carry x-go-type
// are types of package claim, so that a body is the message it becomes.
//
// An optional value that is absent is its zero value, except places and other
// nested objects, which are nil. Amounts are integers in fen, ratios in basis
// points, times in UTC.
package rest
