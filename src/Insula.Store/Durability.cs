namespace Insula.Store;

/// <summary>When a write is on disk.</summary>
public enum Durability
{
    /// <summary>
    /// Before the call returns, through a power cut: specs and intents. Others see it as soon as it outlives the daemon; what
    /// they begin in the moment until then is processes, which a power cut takes as well.
    /// </summary>
    Full,

    /// <summary>As <see cref="Coalesced"/>, and synced at once, which the call does not wait for: what became of containers.</summary>
    Prompt,

    /// <summary>
    /// Before anybody sees it, but without a sync: it outlives the daemon, and a power cut may take the newest. For
    /// statuses and events, which a new daemon observes again.
    /// </summary>
    Coalesced,
}
