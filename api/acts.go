package main

import (
	"context"

	"anpei/api/access"
	"anpei/schemas/rest"
)

// ListActs implements the contract.
func (s *reads) ListActs(ctx context.Context, _ rest.ListActsRequestObject) (rest.ListActsResponseObject, error) {
	file, err := s.file(ctx, access.ClaimOf(ctx).ID)
	if err != nil {
		return nil, err
	}
	items, err := s.access.Options(access.CallerOf(ctx), access.ClaimOf(ctx), file)
	return rest.ListActs200JSONResponse{Items: items}, err
}
