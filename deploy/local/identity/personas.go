package identity

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
)

// Persona is somebody whom one can be.
type Persona struct {
	Subject string `json:"subject"` // the sub of tokens: lower-case letters, digits and hyphens
	Name    string `json:"name"`
	Role    string `json:"role"`            // for the login page only
	Level   int    `json:"level,omitempty"` // a reviewer's
	Branch  string `json:"branch"`          // 0000 is the head office
}

//go:embed personas.json
var builtIn []byte

var subjectPattern = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// readPersonas reads a JSON array of personas, the built-in one when there is
// no such file.
func readPersonas(path string) ([]Persona, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		path, text = "the built-in personas", builtIn
	} else if err != nil {
		return nil, err
	}
	var personas []Persona
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&personas); err != nil {
		return nil, fmt.Errorf("decode %s: %w", path, err)
	}
	seen := map[string]bool{}
	for i, p := range personas {
		_, isClient := clientByID(p.Subject)
		switch {
		case !subjectPattern.MatchString(p.Subject):
			return nil, fmt.Errorf("%s: the subject of entry %d must be lower-case letters, digits and hyphens", path, i+1)
		case seen[p.Subject], isClient:
			return nil, fmt.Errorf("%s: the subject %s is taken", path, p.Subject)
		case p.Name == "", p.Role == "", p.Branch == "":
			return nil, fmt.Errorf("%s: %s lacks a name, role or branch", path, p.Subject)
		}
		seen[p.Subject] = true
	}
	if len(personas) == 0 {
		return nil, fmt.Errorf("%s: there is nobody to be", path)
	}
	return personas, nil
}

func (p *Provider) persona(subject string) (Persona, bool) {
	i := slices.IndexFunc(p.personas, func(q Persona) bool { return q.Subject == subject })
	if i < 0 {
		return Persona{}, false
	}
	return p.personas[i], true
}

var roleNames = map[string]string{
	"intake": "报案专员", "dispatcher": "调度", "surveyor": "查勘员", "assessor": "定损员", "reviewer": "核赔人",
	"finance": "财务", "service": "客服", "audit": "稽核", "manager": "管理", "admin": "系统管理员", "operator": "运维",
}

// RoleName is the role as people say it.
func (p Persona) RoleName() string {
	name := p.Role
	if chinese, ok := roleNames[p.Role]; ok {
		name = chinese + " " + p.Role
	}
	if p.Level > 0 {
		name += fmt.Sprintf(" %d 级", p.Level)
	}
	return name
}

// BranchName is the branch as people say it.
func (p Persona) BranchName() string {
	switch p.Branch {
	case "0000":
		return "总公司 0000"
	case "3101":
		return "上海 3101"
	case "3201":
		return "南京 3201"
	default:
		return p.Branch
	}
}
