package testenv_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"anpei/internal/testenv"
)

// Whoever is given a namespace reports a claim in it at once.
func TestANamespaceIsUsableWhenItIsGiven(t *testing.T) {
	for range 3 {
		name, err := testenv.Namespace(t.Context())
		require.NoError(t, err)
		c, err := client.DialContext(t.Context(), client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS"), Namespace: name})
		require.NoError(t, err)
		t.Cleanup(c.Close)
		_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			TaskQueue: "none", TypedSearchAttributes: temporal.NewSearchAttributes(
				temporal.NewSearchAttributeKeyKeyword("Stage").ValueSet("reported"),
				temporal.NewSearchAttributeKeyKeyword("Branch").ValueSet("3101")),
		}, "none")
		require.NoError(t, err)
	}
}
