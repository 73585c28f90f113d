package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"anpei/deploy/demo/play"
)

// place is a product to be measured: its programs, and where its rows and
// workflows are.
type place struct {
	name  string // of the commit; "" is this one
	bin   string // folder of its programs; "" is that of this program
	stack stack
}

// older makes the place of an older commit, whose programs are in a folder: the
// same servers, and on them a database and a namespace of its own, since
// migrations only go forward.
func (s stack) older(ctx context.Context, bin string) (place, error) {
	const database, space = "anpei_against", "anpei-against"
	conn, err := pgx.Connect(ctx, os.Getenv("ANPEI_DB_ADMIN"))
	if err != nil {
		return place{}, fmt.Errorf("reach the database as its superuser: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	var there *pgconn.PgError
	_, err = conn.Exec(ctx, "create database "+database+" owner anpei_owner template template0 encoding 'UTF8'")
	if errors.As(err, &there) && there.Code == "42P04" { // of an earlier run on this stack
		err = nil
	}
	if err != nil {
		return place{}, fmt.Errorf("make the older commit's database: %w", err)
	}
	old := s
	for _, u := range []*string{&old.owner, &old.api, &old.worker} {
		parsed, err := url.Parse(*u)
		if err != nil {
			return place{}, fmt.Errorf("the database's address: %w", err)
		}
		parsed.Path = database
		*u = parsed.String()
	}
	old.namespace = space
	return place{name: filepath.Base(bin), bin: bin, stack: old}, old.register(ctx)
}

// register makes the namespace of a stack.
func (s stack) register(ctx context.Context) error {
	c, err := dialTemporal(s)
	if err != nil {
		return err
	}
	defer c.Close()
	var there *serviceerror.NamespaceAlreadyExists
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: s.namespace, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil && !errors.As(err, &there) {
		return fmt.Errorf("register namespace %s: %w", s.namespace, err)
	}
	for from := time.Now(); ; { // the servers learn of it within seconds
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: s.namespace, SearchAttributes: map[string]enumspb.IndexedValueType{
				stageAttribute.GetName(): stageAttribute.GetValueType(), branchAttribute.GetName(): branchAttribute.GetValueType(),
			},
		})
		if err == nil {
			_, err = c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.namespace, Query: `Stage = "" and Branch = ""`})
		}
		if err == nil {
			return nil
		}
		if time.Since(from) > patience {
			return fmt.Errorf("add search attributes to %s: %w", s.namespace, err)
		}
		pause(ctx, 200*time.Millisecond)
	}
}

// at tells an older commit's figures from this one's.
func (p place) at() string {
	if p.name == "" {
		return ""
	}
	return "@" + p.name
}

// environment names the place to the programs that run there.
func (p place) environment() []string {
	env := []string{
		"ANPEI_DB_OWNER=" + p.stack.owner, "ANPEI_DB_API=" + p.stack.api, "ANPEI_DB_WORKER=" + p.stack.worker, "TEMPORAL_NAMESPACE=" + p.stack.namespace,
	}
	for key, value := range play.Insurer() {
		env = append(env, key+"="+value)
	}
	return env
}

// program is the path of one of the place's programs.
func (p place) program(name string) (string, error) {
	if p.bin == "" {
		return beside(name)
	}
	return filepath.Join(p.bin, name), nil
}

// compare prints what this commit's rounds were to an older one's, which were
// interleaved with them: the ratio of rates round by round, its median and its
// spread. ratios are those to the yardsticks. The older commit's own rounds have
// been printed.
func (b *bench) compare(goal, unit string, now, before rounds, nowTo, beforeTo float64) {
	each := make([]float64, min(len(now), len(before)))
	for i := range each {
		each[i] = now[i].rate / before[i].rate
	}
	slices.Sort(each)
	least, middle, most := each[0], each[(len(each)-1)/2], each[len(each)-1]
	spread := (most - least) / 2
	fmt.Printf("%s against %s  %.1f %s, was %.1f  ratio to the yardstick %.2f, was %.2f  round by round %.3f (%.3f-%.3f, spread ±%.3f)\n",
		goal, b.old.place.name, now.rate(), unit, before.rate(), nowTo, beforeTo, middle, least, most, spread)
	b.met(goal, "not below "+b.old.place.name+" by more than the spread", fmt.Sprintf("%.3f, spread ±%.3f", middle, spread), middle >= 1-spread)
}
