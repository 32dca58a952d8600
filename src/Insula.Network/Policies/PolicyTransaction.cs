using System.Net;
using Insula.Linux.Netlink;
using Insula.Network.Services;

namespace Insula.Network.Policies;

/// <summary>A change of sets, chains and maps, in the order in which the kernel takes it: what others refer to comes first and goes last.</summary>
internal sealed class PolicyTransaction
{
    private readonly List<(string Name, bool V6, bool WithPort)> _sets = [];
    private readonly List<(string Name, IReadOnlyList<NftRule> Rules)> _chains = [];
    private readonly ElementChanges _elements = new();
    private readonly List<(PolicyDirection Direction, IPAddress Address)> _jumpsGone = [];
    private readonly List<(PolicyDirection Direction, IPAddress Address, string Chain)> _jumps = [];
    private readonly List<string> _chainsGone = [];
    private readonly List<string> _setsGone = [];

    /// <summary>Whether there is nothing to do.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Makes a set. One that was to be removed stays: what was in it has been taken out.</summary>
    public void AddSet(string name, bool v6, bool withPort)
    {
        if (!_setsGone.Remove(name))
        {
            Note(_sets, (name, v6, withPort));
        }
    }

    /// <summary>Makes a chain.</summary>
    public void AddChain(string name, IReadOnlyList<NftRule> rules) => Note(_chains, (name, rules));

    /// <summary>Puts an element into a set.</summary>
    public void AddElement(string set, PolicyElement element)
    {
        byte[] bytes = element.ToBytes();
        _elements.Come(set, bytes.Length).AddRange(bytes);
        IsEmpty = false;
    }

    /// <summary>Takes one out.</summary>
    public void RemoveElement(string set, PolicyElement element)
    {
        byte[] bytes = element.ToBytes();
        _elements.Gone(set, bytes.Length).AddRange(bytes);
        IsEmpty = false;
    }

    /// <summary>Restricts an address.</summary>
    public void AddJump(PolicyDirection direction, IPAddress address, string chain) => Note(_jumps, (direction, address, chain));

    /// <summary>Restricts it no longer.</summary>
    public void RemoveJump(PolicyDirection direction, IPAddress address) => Note(_jumpsGone, (direction, address));

    /// <summary>Removes a chain.</summary>
    public void RemoveChain(string name) => Note(_chainsGone, name);

    /// <summary>Removes a set, with what is in it.</summary>
    public void RemoveSet(string name) => Note(_setsGone, name);

    /// <summary>Writes all of it.</summary>
    public void Write(NftBatch batch)
    {
        foreach ((string name, bool v6, bool withPort) in _sets)
        {
            batch.AddSet(name, PolicyElement.Type(v6, withPort));
        }

        _elements.Write(batch);
        foreach ((string name, IReadOnlyList<NftRule> rules) in _chains)
        {
            batch.AddChain(name);
            foreach (NftRule rule in rules)
            {
                batch.AddRule(name, rule);
            }
        }

        foreach ((PolicyDirection direction, IPAddress address) in _jumpsGone)
        {
            byte[] key = new PolicyElement(address).ToBytes();
            batch.DeleteElements(PolicyChains.Map(direction, key.Length > 4), key, key.Length);
        }

        foreach ((PolicyDirection direction, IPAddress address, string chain) in _jumps)
        {
            byte[] key = new PolicyElement(address).ToBytes();
            batch.AddJump(PolicyChains.Map(direction, key.Length > 4), key, chain);
        }

        _chainsGone.ForEach(name => batch.DeleteChain(name));
        _setsGone.ForEach(name => batch.DeleteSet(name));
    }

    private void Note<T>(List<T> list, T item)
    {
        list.Add(item);
        IsEmpty = false;
    }
}
