package upkeep

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Position is how far a command has come: of each listing the last key up to which everything
// is done. It is kept in a file, so that the command can go on there after an interruption.
// Batches are done in any order; a batch counts when all before it are done, and none counts
// after one that failed.
type Position struct {
	file string

	mu      sync.Mutex // protects the rest
	reached map[string]string
	batches map[int]map[string]string // done, while one before them is not
	next    int                       // the first batch that is not done
	failed  int                       // the first batch that failed
	saved   time.Time
}

// saveEvery is how often the file is written, for commands that are killed.
const saveEvery = 2 * time.Second

// NewPosition returns the position of the command that is described by its name and its
// settings. It goes on where the same command was interrupted if resume is true and there is
// such a file, and begins anew otherwise. The file lies in XDG_STATE_HOME/prew, by default
// ~/.local/state/prew (XDG Base Directory Specification).
func NewPosition(command string, settings any, resume bool) (p *Position, resumed bool, err error) {
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, false, err
	}
	sum := sha256.Sum256(append([]byte(command+"\n"), text...))
	home, err := os.UserHomeDir()
	if err != nil {
		home = os.TempDir()
	}
	dir := filepath.Join(cmp.Or(os.Getenv("XDG_STATE_HOME"), filepath.Join(home, ".local", "state")), "prew")
	p = Nowhere()
	p.file = filepath.Join(dir, command+"-"+hex.EncodeToString(sum[:8])+".json")
	if resume {
		if text, err := os.ReadFile(p.file); err == nil && json.Unmarshal(text, &p.reached) == nil {
			return p, true, nil
		}
		p.reached = map[string]string{}
	}
	return p, false, nil
}

// Nowhere is a position that is kept in no file.
func Nowhere() *Position {
	return &Position{reached: map[string]string{}, batches: map[int]map[string]string{}, failed: math.MaxInt, saved: time.Now()}
}

// File is the name of the position's file.
func (p *Position) File() string { return p.file }

// after is the key after which a listing goes on.
func (p *Position) after(listing string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reached[listing]
}

// done notes that a batch is done, with the last key of each listing that is in it.
func (p *Position) done(batch int, reached map[string]string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !ok {
		p.failed = min(p.failed, batch)
	}
	if batch >= p.failed {
		return // p.next will not come so far
	}
	p.batches[batch] = reached
	for p.batches[p.next] != nil {
		maps.Copy(p.reached, p.batches[p.next])
		delete(p.batches, p.next)
		p.next++
	}
	if p.file != "" && time.Since(p.saved) >= saveEvery {
		p.saved = time.Now()
		_ = p.write() // Keep says what is wrong
	}
}

// Keep writes the file, for the next run.
func (p *Position) Keep() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.write()
}

// Remove removes the file of a command that is done.
func (p *Position) Remove() { _ = os.Remove(p.file) }

func (p *Position) write() error {
	text, err := json.Marshal(p.reached)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.file), 0o700); err != nil {
		return err
	}
	// By another name first: a run that is killed meanwhile leaves the old file.
	if err := os.WriteFile(p.file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(p.file+".new", p.file)
}
