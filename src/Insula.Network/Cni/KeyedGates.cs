namespace Insula.Network.Cni;

/// <summary>One at a time for each key.</summary>
internal sealed class KeyedGates
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (SemaphoreSlim Gate, int Users)> _gates = new(StringComparer.Ordinal);

    /// <summary>Waits for its turn, which ends when the result is disposed.</summary>
    public async Task<IDisposable> EnterAsync(string key)
    {
        SemaphoreSlim gate;
        lock (_lock)
        {
            (SemaphoreSlim Gate, int Users) known = _gates.TryGetValue(key, out var found) ? found : (new SemaphoreSlim(1, 1), 0);
            _gates[key] = (known.Gate, known.Users + 1);
            gate = known.Gate;
        }

        await gate.WaitAsync().ConfigureAwait(false);
        return new Turn(this, key);
    }

    private void Leave(string key)
    {
        lock (_lock)
        {
            (SemaphoreSlim gate, int users) = _gates[key];
            gate.Release();
            if (users == 1)
            {
                _gates.Remove(key);
                gate.Dispose();
            }
            else
            {
                _gates[key] = (gate, users - 1);
            }
        }
    }

    private sealed class Turn(KeyedGates gates, string key) : IDisposable
    {
        public void Dispose() => gates.Leave(key);
    }
}
