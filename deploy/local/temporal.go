package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.temporal.io/server/tools/common/schema"
	sqltool "go.temporal.io/server/tools/sql"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	namespace = "anpei"
	// retention is how long a closed claim can be looked at in Temporal; the
	// rows keep it for good.
	retention = 7 * 24 * time.Hour
	// shards cannot be changed once the store exists.
	shards = 16
	// connections that each service may open to each store.
	connections = 20
)

// searchAttributes are what claims are found by in Temporal: no personal data.
var searchAttributes = map[string]enumspb.IndexedValueType{
	"Stage":  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	"Branch": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
}

// temporal starts the server and sees to it that the namespace exists.
func (s *stack) temporal(ctx context.Context) error {
	if s.given["temporal"] == "" {
		if err := s.startTemporal(ctx); err != nil {
			return err
		}
	}
	return register(ctx, s.addr("temporal"))
}

func (s *stack) startTemporal(ctx context.Context) error {
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{
		Level: "warn", OutputFile: s.folder.join("log", "temporal.log"),
	}))
	stores := map[string]config.DataStore{}
	var g errgroup.Group
	for name, definition := range map[string]string{
		"temporal":            "postgresql/v12/temporal",
		"temporal_visibility": "postgresql/v12/visibility",
	} {
		store, err := s.store(name)
		if err != nil {
			return err
		}
		stores[name] = config.DataStore{SQL: store}
		g.Go(func() error { return migrate(store, definition, logger) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}

	settings := maps.Clone(dynamicConfig)
	if events := os.Getenv("ANPEI_RUN_EVENTS"); events != "" {
		n, err := strconv.Atoi(events)
		if err != nil {
			return fmt.Errorf("ANPEI_RUN_EVENTS: %w", err)
		}
		settings[dynamicconfig.HistoryCountSuggestContinueAsNew.Key()] = n
	}
	frontend := s.addr("temporal")
	services := map[string]config.Service{}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, name := range temporal.DefaultServices {
		port := freePort()
		if name == string(primitives.FrontendService) {
			port = s.ports["temporal"]
		}
		services[name] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnLocalHost: true}}
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(address(port))
	}
	server, err := temporal.NewServer(
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithLogger(logger),
		temporal.WithStaticHosts(hosts), // one process needs no gossip to find itself
		temporal.WithDynamicConfigClient(settings),
		temporal.WithConfig(&config.Config{
			Services: services,
			Persistence: config.Persistence{
				DefaultStore:     "temporal",
				VisibilityStore:  "temporal_visibility",
				NumHistoryShards: shards,
				DataStores:       stores,
			},
			ClusterMetadata: &cluster.Config{
				FailoverVersionIncrement: 10,
				MasterClusterName:        "active",
				CurrentClusterName:       "active",
				ClusterInformation: map[string]cluster.ClusterInformation{
					"active": {Enabled: true, InitialFailoverVersion: 1, RPCAddress: frontend},
				},
			},
			PublicClient:        config.PublicClient{HostPort: frontend},
			DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		}),
	)
	if err != nil {
		return err
	}
	s.started("temporal", 0, func() {
		if err := server.Stop(); err != nil {
			slog.ErrorContext(ctx, "stop temporal", "error", err)
		}
	})
	return server.Start()
}

// dynamicConfig makes the server light and quick for one user on a small
// machine. No rate limit of its own may shape what a benchmark measures.
var dynamicConfig = dynamicconfig.StaticClient{
	// One partition: a task never waits for a poller at another one.
	dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
	dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
	// A new namespace is seen sooner.
	dynamicconfig.NamespaceCacheRefreshInterval.Key(): time.Second,
	// The caches' defaults reach into gigabytes.
	dynamicconfig.HistoryCacheSizeBasedLimit.Key():        true,
	dynamicconfig.HistoryCacheHostLevelMaxSizeBytes.Key(): 128 << 20,

	dynamicconfig.FrontendRPS.Key():                        100_000,
	dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key(): 100_000,
	dynamicconfig.FrontendPersistenceMaxQPS.Key():          100_000,
	dynamicconfig.HistoryRPS.Key():                         100_000,
	dynamicconfig.HistoryPersistenceMaxQPS.Key():           100_000,
	dynamicconfig.MatchingRPS.Key():                        100_000,
	dynamicconfig.MatchingPersistenceMaxQPS.Key():          100_000,
}

// store describes one of Temporal's databases to its server.
func (s *stack) store(database string) (*config.SQL, error) {
	u, err := url.Parse(s.database(database, url.UserPassword("temporal", s.secrets.Temporal)))
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", database, err)
	}
	attributes := map[string]string{}
	for key, values := range u.Query() {
		attributes[key] = values[0]
	}
	return &config.SQL{
		PluginName:        postgresql.PluginNamePGX,
		ConnectProtocol:   "tcp",
		ConnectAddr:       u.Host,
		ConnectAttributes: attributes,
		DatabaseName:      database,
		User:              "temporal",
		Password:          s.secrets.Temporal,
		MaxConns:          connections,
		MaxIdleConns:      connections,
		MaxConnLifetime:   time.Hour,
	}, nil
}

// migrate brings a store to the version that this server wants, from any
// earlier one or from nothing.
func migrate(store *config.SQL, definition string, logger log.Logger) error {
	db, err := sqltool.NewConnection(store, logger)
	if err != nil {
		return fmt.Errorf("connect to store %s: %w", store.DatabaseName, err)
	}
	defer db.Close()
	if err := schema.NewSetupSchemaTask(db, &schema.SetupConfig{InitialVersion: "0.0"}, logger).Run(); err != nil {
		return fmt.Errorf("set up store %s: %w", store.DatabaseName, err)
	}
	update := &schema.UpdateConfig{DBName: store.DatabaseName, SchemaName: definition}
	if err := schema.NewUpdateSchemaTask(db, update, logger).Run(); err != nil {
		return fmt.Errorf("migrate store %s: %w", store.DatabaseName, err)
	}
	return nil
}

// register creates the namespace and its search attributes, and waits until
// the server uses them: it reads namespaces anew only now and then.
func register(ctx context.Context, address string) error {
	c, err := client.NewLazyClient(client.Options{
		HostPort: address, Namespace: namespace,
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return err
	}
	defer c.Close()
	var exists *serviceerror.NamespaceAlreadyExists
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        namespace,
		Description:                      "insurance claims",
		WorkflowExecutionRetentionPeriod: durationpb.New(retention),
	})
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("register namespace %s: %w", namespace, err)
	}
	if err == nil {
		err := poll(ctx, func(ctx context.Context) error {
			_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
				Namespace: namespace, SearchAttributes: searchAttributes,
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("add search attributes: %w", err)
		}
	}
	return poll(ctx, func(ctx context.Context) error {
		_, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Query: `Stage = "" AND Branch = ""`,
		})
		return err
	})
}

// temporalAnswers reports whether a Temporal server is there.
func temporalAnswers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{
		HostPort: address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return false
	}
	c.Close()
	return true
}
