namespace Insula.Dns.Serving;

/// <summary>Something that has a descriptor which events come to.</summary>
internal interface IPolled
{
    /// <summary>Does what has become possible.</summary>
    /// <param name="events">EPOLL* flags.</param>
    void Ready(uint events);
}
