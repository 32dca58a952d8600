namespace Insula.Store;

/// <summary>When a write is on disk.</summary>
public enum Durability
{
    /// <summary>Before the call returns, through a power cut: specs and intents.</summary>
    Full,

    /// <summary>
    /// Before anybody sees it, but without a sync: it outlives the daemon, and a power cut may take the newest. For
    /// statuses and events, which a new daemon observes again.
    /// </summary>
    Coalesced,
}
