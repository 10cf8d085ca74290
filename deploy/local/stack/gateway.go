package stack

import (
	"context"
	"net/http"
	"os"

	"prew"
	"prew/deploy/local/process"
)

// Gateway is a running `prewmanager serve`.
type Gateway struct {
	*process.Process
	Addr    string // host:port
	Metrics string // host:port where its metrics are; of a stack's alone
}

// Presets are those that a gateway has whose environment names no others: of this program's
// environment, or built in.
func Presets() (prew.Presets, error) {
	return prew.ReadPresets(os.Getenv("PREW_PRESETS"), os.Environ())
}

// StartGateway starts a gateway on a free port, with its log at <dir>/<name>.log,
// and waits until it is ready. env configures it. It also gets the PRESET_, SOURCE_ and PREW_
// variables of this program's environment that are not in env.
func StartGateway(dir, name string, env []string) (*Gateway, error) {
	program, err := Program("prewmanager")
	if err != nil {
		return nil, err
	}
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	return StartGatewayAt(addr, program, dir, name, env)
}

// StartGatewayAt is StartGateway for a build of the gateway other than the
// ordinary one, or at the address of a gateway that has ended.
func StartGatewayAt(addr, program, dir, name string, env []string) (*Gateway, error) {
	return (*Host)(nil).StartGatewayAt(addr, program, dir, name, env)
}

// StartGatewayAt is the function of that name, for a gateway on a host.
func (h *Host) StartGatewayAt(addr, program, dir, name string, env []string) (*Gateway, error) {
	p, err := start(dir, h.command(process.Command{
		Name: name,
		Path: program,
		Args: []string{"serve"},
		// If a variable is there twice, the last one counts.
		Env: append(append(settings(), env...), "PREW_LISTEN="+addr),
		Ready: func(ctx context.Context) error {
			return Answers(ctx, "http://"+addr+"/ready", func(status int) bool { return status == http.StatusOK })
		},
	}))
	if err != nil {
		return nil, err
	}
	return &Gateway{Process: p, Addr: addr}, nil
}
