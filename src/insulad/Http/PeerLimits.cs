using Insula.Api.Meta;

namespace Insulad.Http;

/// <summary>Bounds what one user may hold open at a time: watches, followed logs, exec sessions, uploads.</summary>
internal sealed class PeerLimits(int streamsPerPeer)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, int> _streams = [];

    /// <summary>Counts a stream until the result is disposed.</summary>
    /// <exception cref="ApiException">429: the user holds too many.</exception>
    public IDisposable Enter(Peer peer)
    {
        lock (_lock)
        {
            var held = _streams.GetValueOrDefault(peer.Uid);
            if (held >= streamsPerPeer)
            {
                throw new ApiException(Failures.Of(
                    StatusReasons.TooManyRequests,
                    $"user {peer.Uid} holds {held} watches and streams already, the most allowed (insulad --watches-per-peer)"));
            }

            _streams[peer.Uid] = held + 1;
        }

        return new Stream(this, peer.Uid);
    }

    private void Leave(uint uid)
    {
        lock (_lock)
        {
            if (--_streams[uid] == 0)
            {
                _streams.Remove(uid);
            }
        }
    }

    private sealed class Stream(PeerLimits limits, uint uid) : IDisposable
    {
        private PeerLimits? _limits = limits;

        public void Dispose() => Interlocked.Exchange(ref _limits, null)?.Leave(uid);
    }
}
