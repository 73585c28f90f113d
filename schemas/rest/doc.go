// Package rest is the REST contract: openapi.yaml, written by hand, and the models,
// the server and the client that oapi-codegen makes of it, a file each. Handlers
// implement [StrictServerInterface]; the client does not decode what is answered;
// [GetSpec] gives the contract back for validation. Schemas that carry x-go-type
// are types of package claim, so that a body is the message it becomes.
//
// An optional value that is absent is its zero value, except places and other
// nested objects, which are nil. Amounts are integers in fen, ratios in basis
// points, times in UTC.
package rest
