package workflows_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// beyondTheWall is every function and variable of package claim that workflow
// code uses, each with why today's code may run over yesterday's history.
// Anything else that it wants to know is derived by a step into claim.File.
var beyondTheWall = map[string]string{
	"claim.DueWork.Names": "looks up in the file",
	"document.Illegible":  "a constant",
	"claim.TaskOf":        "reads the message",
	"claim.TheMachine":    "a constant",
	"claim.ID.Workflow":   "a name",
	"claim.File.Guard":    "in the validator alone, which is not replayed",
	"claim.File.Closure":  "sums up the file",
	"claim.File.Payment":  "looks up in the file",
	"claim.File.TaskOf":   "looks up in the file",
}

// Workflow code that asks a rule of package claim would be replayed with the
// rule as it is today: a changed table would stop open claims.
func TestWorkflowsUseNoRulesOfPackageClaim(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, object := range usesOfWorkflows(t) {
		if object.Pkg() == nil || !strings.HasPrefix(object.Pkg().Path(), "anpei/claim") {
			continue
		}
		switch o := object.(type) {
		case *types.Func:
			used[nameOf(o)] = true
		case *types.Var:
			if !o.IsField() && o.Parent() == o.Pkg().Scope() {
				used[o.Pkg().Name()+"."+o.Name()] = true
			}
		}
	}
	require.Equal(t, slices.Sorted(maps.Keys(beyondTheWall)), slices.Sorted(maps.Keys(used)),
		"what workflow code may use of package claim; derive what it needs in a step, into claim.File")
}

func nameOf(f *types.Func) string {
	receiver := f.Signature().Recv()
	if receiver == nil {
		return f.Pkg().Name() + "." + f.Name()
	}
	of := receiver.Type()
	if p, ok := of.(*types.Pointer); ok {
		of = p.Elem()
	}
	return types.TypeString(of, (*types.Package).Name) + "." + f.Name()
}

// usesOfWorkflows type-checks package workflows against the compiled packages
// that it imports.
func usesOfWorkflows(t *testing.T) map[*ast.Ident]types.Object {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Export", ".")
	list.Stderr = os.Stderr
	out, err := list.Output()
	require.NoError(t, err)
	compiled := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ ImportPath, Export string }
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		compiled[p.ImportPath] = p.Export
	}
	fset := token.NewFileSet()
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var files []*ast.File
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") {
			file, err := parser.ParseFile(fset, path, nil, 0)
			require.NoError(t, err)
			files = append(files, file)
		}
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) })}
	_, err = conf.Check("anpei/workflows", fset, files, info)
	require.NoError(t, err)
	return info.Uses
}
