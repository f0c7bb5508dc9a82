"""A glTF scene under construction, and its arrays; written by the library pygltflib."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pygltflib as gltf

from vid2pose3d.export.body import Body
from vid2pose3d.palette import Colour

_KINDS = {np.dtype(np.float32): gltf.FLOAT, np.dtype(np.uint8): gltf.UNSIGNED_BYTE,
          np.dtype(np.uint16): gltf.UNSIGNED_SHORT}
_SHAPES = {(): gltf.SCALAR, (3,): gltf.VEC3, (4,): gltf.VEC4, (4, 4): gltf.MAT4}
_ROUGHNESS = 0.8


class Scene:
    """Nodes, meshes and one animation, added one by one; nodes are known by their numbers."""

    def __init__(self, *, generator: str) -> None:
        self._file = gltf.GLTF2(
            asset=gltf.Asset(version="2.0", generator=generator), scene=0, scenes=[gltf.Scene(nodes=[])],
            animations=[gltf.Animation(name="motion")],
        )
        self._data = bytearray()
        self._times: dict[bytes, int] = {}

    def node(self, name: str, *, translation: np.ndarray | None = None, rotation: np.ndarray | None = None,
             root: bool = False) -> int:
        """Add a node. translation: (3,) metres, rotation: (4,) x, y, z, w, both from its parent."""
        self._file.nodes.append(gltf.Node(
            name=name, translation=None if translation is None else translation.tolist(),
            rotation=None if rotation is None else rotation.tolist(),
        ))
        number = len(self._file.nodes) - 1
        if root:
            self._file.scenes[0].nodes.append(number)
        return number

    def attach(self, parent: int, child: int) -> None:
        self._file.nodes[parent].children.append(child)

    def perspective(self, node: int, *, yfov: float, aspect: float, near: float) -> None:
        """Make the node a camera that sees `yfov` radians from top to bottom; `aspect` is width over height."""
        self._file.cameras.append(gltf.Camera(
            name=self._file.nodes[node].name, type=gltf.PERSPECTIVE,
            perspective=gltf.Perspective(yfov=yfov, aspectRatio=aspect, znear=near),
        ))
        self._file.nodes[node].camera = len(self._file.cameras) - 1

    def skinned_mesh(self, name: str, shape: Body, joints: Sequence[int], places: np.ndarray, *, root: int,
                     colour: Colour) -> None:
        """Add a body that moves with the nodes `joints`, which stand unturned at `places` (J, 3) when it is bound."""
        bind = np.tile(np.eye(4), (len(places), 1, 1))
        bind[:, :3, 3] = -places
        self._file.skins.append(gltf.Skin(
            name=name, joints=list(joints), skeleton=root,
            inverseBindMatrices=self._array(np.swapaxes(bind, 1, 2).astype(np.float32)),
        ))
        owner = np.zeros((len(shape.points), 4), np.uint8)
        owner[:, 0] = shape.joints
        weight = np.zeros((len(shape.points), 4), np.float32)
        weight[:, 0] = 1
        attributes = gltf.Attributes(
            POSITION=self._array(shape.points.astype(np.float32), target=gltf.ARRAY_BUFFER, bounds=True),
            NORMAL=self._array(shape.normals.astype(np.float32), target=gltf.ARRAY_BUFFER),
            JOINTS_0=self._array(owner, target=gltf.ARRAY_BUFFER),
            WEIGHTS_0=self._array(weight, target=gltf.ARRAY_BUFFER),
        )
        triangles = self._array(shape.triangles.astype(np.uint16).ravel(), target=gltf.ELEMENT_ARRAY_BUFFER)
        self._file.meshes.append(gltf.Mesh(name=name, primitives=[
            gltf.Primitive(attributes=attributes, indices=triangles, material=self._material(name, colour)),
        ]))
        number = self.node(name, root=True)
        self._file.nodes[number].mesh = len(self._file.meshes) - 1
        self._file.nodes[number].skin = len(self._file.skins) - 1

    def animate(self, node: int, path: str, times: np.ndarray, values: np.ndarray, *, steps: bool = False) -> None:
        """Move a node: its `path` (translation, rotation, scale) takes values (N, ...) at times (N,) seconds."""
        stamps = times.astype(np.float32)
        key = stamps.tobytes()
        if key not in self._times:
            self._times[key] = self._array(stamps, bounds=True)
        animation = self._file.animations[0]
        animation.samplers.append(gltf.AnimationSampler(
            input=self._times[key], output=self._array(values.astype(np.float32)),
            interpolation=gltf.ANIM_STEP if steps else gltf.ANIM_LINEAR,
        ))
        target = gltf.AnimationChannelTarget(node=node, path=path)
        animation.channels.append(gltf.AnimationChannel(sampler=len(animation.samplers) - 1, target=target))

    def save(self, path: Path) -> None:
        """Write the binary file. Raises OSError where that fails."""
        self._file.buffers = [gltf.Buffer(byteLength=len(self._data))]
        self._file.set_binary_blob(bytes(self._data))
        self._file.save_binary(str(path))

    def _material(self, name: str, colour: Colour) -> int:
        # The palette is sRGB; glTF's base colour is linear.
        shares = np.array(colour) / 255
        linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
        surface = gltf.PbrMetallicRoughness(
            baseColorFactor=[*linear.tolist(), 1.0], metallicFactor=0.0, roughnessFactor=_ROUGHNESS,
        )
        self._file.materials.append(gltf.Material(name=name, alphaCutoff=None, pbrMetallicRoughness=surface))
        return len(self._file.materials) - 1

    def _array(self, values: np.ndarray, *, target: int | None = None, bounds: bool = False) -> int:
        """Add an array whose rows are numbers, vectors or (column by column) matrices; returns its accessor."""
        self._data.extend(b"\0" * (-len(self._data) % 4))
        self._file.bufferViews.append(gltf.BufferView(
            buffer=0, byteOffset=len(self._data), byteLength=values.nbytes, target=target,
        ))
        self._data.extend(values.tobytes())
        lowest, highest = (np.atleast_1d(end(axis=0)).tolist() for end in (values.min, values.max))
        self._file.accessors.append(gltf.Accessor(
            bufferView=len(self._file.bufferViews) - 1, componentType=_KINDS[values.dtype], count=len(values),
            type=_SHAPES[values.shape[1:]], min=lowest if bounds else None, max=highest if bounds else None,
        ))
        return len(self._file.accessors) - 1
