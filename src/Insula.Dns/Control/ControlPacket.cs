namespace Insula.Dns.Control;

/// <summary>What a packet between the daemon and the server is; its first byte. Changes take effect together, at <see cref="Commit"/>.</summary>
public enum ControlPacket
{
    /// <summary>The server's first: protocol (two bytes), which program it is; and its two sockets as descriptors.</summary>
    Hello = 1,

    /// <summary>What follows is the whole table, not a change of it.</summary>
    Whole = 2,

    /// <summary>A zone: length and bytes of its name, the record that says what it is.</summary>
    Zone = 3,

    /// <summary>A name's records in place of those it had: length and bytes of the name, the records.</summary>
    Name = 4,

    /// <summary>More records of the name of the packet before.</summary>
    More = 5,

    /// <summary>Who is asked for what is not in the table: each 4 or 6, the address, the port, the scope (four bytes).</summary>
    Upstreams = 6,

    /// <summary>Do it: a number (eight bytes).</summary>
    Commit = 7,

    /// <summary>The server's: what was committed with this number is being served.</summary>
    Done = 8,

    /// <summary>Take no more questions, answer those that wait, and end.</summary>
    Stop = 9,

    /// <summary>
    /// What a health-check node port says from now on, at once: port (two bytes), endpoints on this machine (four), the Service's namespace/name.
    /// With a bound socket as a descriptor, unless the server is known to have one for this port already; then that goes on and the new one is closed.
    /// </summary>
    Health = 10,

    /// <summary>Such a port ends, at once: port (two bytes).</summary>
    NoHealth = 11,

    /// <summary>The ports there are to be, each two bytes: others end, at once.</summary>
    HealthOf = 12,
}
